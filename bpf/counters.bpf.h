/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* counters: what was seen and what was lost, by the names in include/sockleak.h. */
#ifndef COUNTERS_BPF_H
#define COUNTERS_BPF_H

#include "vmlinux.h"
#include <bpf/bpf_helpers.h>
#include "sockleak.h"

/*
 * A row for each processor; beyond their number processors share rows. They are in .bss, which user
 * space has mapped: reading a map by bpf(2) would make the kernel skip hooks (docs/kernels.md).
 */
struct counter_row counters[SOCKLEAK_COUNTER_ROWS] __attribute__((aligned(128)));

/*
 * Atomic, because processors may share a row, and because from Linux 7.2 on the hook of another
 * task may run in between.
 */
static __always_inline void count(enum counter which)
{
	__u32 row = bpf_get_smp_processor_id() & (SOCKLEAK_COUNTER_ROWS - 1);

	__sync_fetch_and_add(&counters[row].counts[which], 1);
}

#endif /* COUNTERS_BPF_H */
