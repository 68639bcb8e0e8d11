/* SPDX-License-Identifier: BSD-2-Clause */
/* cgroup_map: the cgroups that have a rule, in the kernel side's map (bpf/filter.bpf.h). */
#ifndef SOCKLEAK_CGROUP_MAP_H
#define SOCKLEAK_CGROUP_MAP_H

#include <stddef.h>

#include "control.h"

/* The content of the map. Zeros: it is empty. */
struct cgroup_rules {
	struct ruled_cgroup ruled[SOCKLEAK_MAX_RULED];
	size_t count;
};

/* From now on these have a rule, SOCKLEAK_MAX_RULED at most, and no others. 0 or -errno. */
int cgroup_map_set(int map, struct cgroup_rules *rules, const struct ruled_cgroup *ruled,
		   size_t count);

#endif /* SOCKLEAK_CGROUP_MAP_H */
