/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* counters: what was seen and what was lost, by the names in include/sockleak.h. */
#ifndef COUNTERS_BPF_H
#define COUNTERS_BPF_H

#include "vmlinux.h"
#include <bpf/bpf_helpers.h>
#include "sockleak.h"

/* Key: enum counter. Value: how often, on this processor. Never full: its keys are fixed. */
struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, COUNTER_COUNT);
	__type(key, __u32);
	__type(value, __u64);
} counters SEC(".maps");

/* Atomic on its own processor, too: from Linux 7.2 on another task's hook may come in between. */
static __always_inline void count(enum counter which)
{
	__u32 key = which;
	__u64 *value = bpf_map_lookup_elem(&counters, &key);

	if (value)
		__sync_fetch_and_add(value, 1);
}

#endif /* COUNTERS_BPF_H */
