/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * reported: what user space found out about the leaks, kept where `sockleak scan` and
 * the next run can read it (history.h). Written by orders.bpf.h and by user space.
 */
#ifndef REPORTED_BPF_H
#define REPORTED_BPF_H

#include "vmlinux.h"
#include <bpf/bpf_helpers.h>

#include "pinned.h"
#include "sockleak.h"

/*
 * Key: inode of a leak. Value: its stack's key. Memory is taken as entries come: most
 * hosts have no leak. Sized as `pending`: not full while that is not; what the kernel
 * has no memory for is counted (stacks_not_reported).
 */
struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, SOCKLEAK_MAX_SOCKETS);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__type(key, __u64);
	__type(value, struct reported);
} reported SEC(".maps");

/* Most leaks share a stack. Sized by --max-stacks, the last ones reported. */
struct {
	__uint(type, BPF_MAP_TYPE_LRU_HASH);
	__uint(max_entries, SOCKLEAK_MAX_STACKS);
	__type(key, __u64);
	__type(value, struct reported_stack);
} reported_stacks SEC(".maps");

/*
 * Key: an account and a process. Value: how it has grown. Written with --pin alone, and
 * memory is taken as entries come. Each has a leak open, so there is room for all; what
 * the kernel has no memory for is counted by user space (growth_not_kept).
 */
struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, SOCKLEAK_MAX_SOCKETS);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__type(key, struct grown_key);
	__type(value, struct grown);
} growths SEC(".maps");

#endif /* REPORTED_BPF_H */
