/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * tracked: the two maps in which sockets are found that have outlived a sweep, by descriptor and
 * by inode. `sockleak trace` fills them (pending.bpf.h); `sockleak scan` only reads those of
 * one that runs, for what it has seen (scan.bpf.c).
 */
#ifndef TRACKED_BPF_H
#define TRACKED_BPF_H

#include "kernel.bpf.h"

/*
 * Key: the descriptor that socket() returned; when that is an older entry's, whose descriptor was
 * closed while the socket lives elsewhere, 0 and the inode. Value: the socket. Sized by
 * --max-sockets. Not an LRU map: that would evict the oldest, which is the leak. When it is
 * full who was young is given up, and counted (map_full); a sweep takes it in as of
 * unknown origin once there is room.
 */
struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, SOCKLEAK_MAX_SOCKETS);
	__type(key, struct fd_key);
	__type(value, struct pending);
} pending SEC(".maps");

/*
 * Key: inode. Value: the key of its entry in `pending`, for each there is. Never full: it
 * has as many entries.
 */
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
