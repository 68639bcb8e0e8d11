/* SPDX-License-Identifier: BSD-2-Clause */
#include "kernel/maps/cgroup_map.h"

#include <errno.h>
#include <stdbool.h>
#include <string.h>

#include <bpf/bpf.h>

static bool has_rule(const struct ruled_cgroup *ruled, size_t count, __u64 id)
{
	for (size_t i = 0; i < count; i++)
		if (ruled[i].id == id)
			return true;
	return false;
}

int cgroup_map_set(int map, struct cgroup_rules *rules, const struct ruled_cgroup *ruled,
		   size_t count)
{
	if (count == rules->count && !memcmp(ruled, rules->ruled, count * sizeof(*ruled)))
		return 0;
	for (size_t i = 0; i < rules->count; i++)
		if (!has_rule(ruled, count, rules->ruled[i].id))
			bpf_map_delete_elem(map, &rules->ruled[i].id);
	rules->count = 0;
	for (size_t i = 0; i < count; i++) {
		if (bpf_map_update_elem(map, &ruled[i].id, &ruled[i].rule, BPF_ANY))
			return -errno;
		rules->ruled[rules->count++] = ruled[i];
	}
	return 0;
}
