/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * tracked: the map of the sockets that have outlived a sweep, and its index by inode. `sockleak
 * trace` fills them (pending.bpf.h). `sockleak scan` only reads those of a running sockleak
 * (scan.bpf.c).
 */
#ifndef TRACKED_BPF_H
#define TRACKED_BPF_H

#include "kernel.bpf.h"

/*
 * Key: the descriptor that socket() returned, or 0 and the inode if an older entry has that key.
 * Value: the socket. Sized by --max-sockets. Not an LRU map, which would evict the oldest entry,
 * the leak. If it is full, a young socket is given up and counted (map_full). A sweep adds it as of
 * unknown origin once there is room.
 */
struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, SOCKLEAK_MAX_SOCKETS);
	__type(key, struct fd_key);
	__type(value, struct pending);
} pending SEC(".maps");

/* Key: inode. Value: the key of its entry in `pending`. Never full: it has as many entries. */
struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, SOCKLEAK_MAX_SOCKETS);
	__type(key, __u64);
	__type(value, struct fd_key);
} pending_by_inode SEC(".maps");

static __always_inline struct pending *pending_of_inode(__u64 inode, struct fd_key *ret_key)
{
	struct fd_key *home = bpf_map_lookup_elem(&pending_by_inode, &inode);
	struct pending *entry;

	if (!home)
		return NULL;
	*ret_key = *home;
	entry = bpf_map_lookup_elem(&pending, ret_key);
	return entry && entry->inode == inode ? entry : NULL;
}

#endif /* TRACKED_BPF_H */
