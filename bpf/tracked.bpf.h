/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * tracked: the map of the sockets that have outlived a sweep. `sockleak trace` fills it
 * (pending.bpf.h). `sockleak scan` only reads that of a running sockleak (scan.bpf.c).
 */
#ifndef TRACKED_BPF_H
#define TRACKED_BPF_H

#include "kernel.bpf.h"

/*
 * Key: inode. Value: the socket. Sized by --max-sockets. Not an LRU map, which would evict the
 * oldest entry, the leak. If it is full, a young socket is given up and counted (map_full). A sweep
 * adds it as of unknown origin once there is room.
 */
struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, SOCKLEAK_MAX_SOCKETS);
	__type(key, __u64);
	__type(value, struct pending);
} pending SEC(".maps");

static __always_inline struct pending *pending_of_inode(__u64 inode)
{
	struct pending *entry = bpf_map_lookup_elem(&pending, &inode);

	return entry && entry->inode == inode ? entry : NULL;
}

#endif /* TRACKED_BPF_H */
