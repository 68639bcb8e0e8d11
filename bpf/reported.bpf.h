/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * reported: what user space found out about the leaks, for `sockleak scan` and the next run
 * (history.h). Written by orders.bpf.h and by user space.
 */
#ifndef REPORTED_BPF_H
#define REPORTED_BPF_H

#include "vmlinux.h"
#include <bpf/bpf_helpers.h>

#include "pinned.h"
#include "sockleak.h"

/*
 * Key: inode of a leak. Value: the key of its stack. Allocated on demand, because most hosts have
 * no leak. It has room for all; if the kernel has no memory, that is counted (stacks_not_reported).
 */
struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, SOCKLEAK_MAX_SOCKETS);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__type(key, __u64);
	__type(value, struct reported);
} reported SEC(".maps");

/*
 * Key: as in `reported`. Value: the stack. Many leaks share one. Sized by --max-stacks; if it is
 * full, the oldest are evicted.
 */
struct {
	__uint(type, BPF_MAP_TYPE_LRU_HASH);
	__uint(max_entries, SOCKLEAK_MAX_STACKS);
	__type(key, __u64);
	__type(value, struct reported_stack);
} reported_stacks SEC(".maps");

/*
 * Key: an account and a process. Value: how it has grown. Only with --pin; allocated on demand. It
 * has room for all; if the kernel has no memory, user space counts that (growth_not_kept).
 */
struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, SOCKLEAK_MAX_SOCKETS);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__type(key, struct grown_key);
	__type(value, struct grown);
} growths SEC(".maps");

#endif /* REPORTED_BPF_H */
