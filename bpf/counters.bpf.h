/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* counters: what was seen and what was lost, by the names in include/sockleak.h. */
#ifndef COUNTERS_BPF_H
#define COUNTERS_BPF_H

#include "vmlinux.h"
#include <bpf/bpf_helpers.h>
#include "sockleak.h"

/*
 * A row is a processor's; more processors than rows share them. In .bss, which user space has
 * mapped: to read it is no bpf(2) call, each of which would have the kernel leave out hooks on that
 * processor (docs/kernels.md). Never full: it has a place for each.
 */
struct counter_row counters[SOCKLEAK_COUNTER_ROWS] __attribute__((aligned(128)));

/*
 * Atomic, for processors that share a row, and on one alone, too: from Linux 7.2 on another task's
 * hook may come in between.
 */
static __always_inline void count(enum counter which)
{
	__u32 row = bpf_get_smp_processor_id() & (SOCKLEAK_COUNTER_ROWS - 1);

	__sync_fetch_and_add(&counters[row].counts[which], 1);
}

#endif /* COUNTERS_BPF_H */
