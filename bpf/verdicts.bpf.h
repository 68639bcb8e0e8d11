/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * verdicts: the way from the sweeps to user space, and the sweep that runs.
 */
#ifndef VERDICTS_BPF_H
#define VERDICTS_BPF_H

#include "counters.bpf.h"
#include "kernel.bpf.h"

struct sweep sweep;

/*
 * struct verdict records. Sized by --ring-size; when it is full the verdict
 * waits for the next sweep (ring_full).
 */
struct {
	__uint(type, BPF_MAP_TYPE_RINGBUF);
	__uint(max_entries, SOCKLEAK_RING_SIZE);
} verdicts SEC(".maps");

#endif /* VERDICTS_BPF_H */
