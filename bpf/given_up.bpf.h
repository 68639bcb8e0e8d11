/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * given_up: leaks that were reported, and whose entries had to give way to the sockets of others
 * (shares.bpf.h). User space has all that was known of them, and keeps it. So they need no more
 * here than to be known again: a sweep does not take them for sockets that no hook saw, and says
 * when they end. Only what is tried on them from now on is not noted any more.
 */
#ifndef GIVEN_UP_BPF_H
#define GIVEN_UP_BPF_H

#include "events.bpf.h"
#include "pending.bpf.h"

struct given_up {
	__u64 file;
	__u64 since_ns;
	__u32 tgid;
	__u32 fd;
	__u32 uid;
	__u16 flags;
	__u8 class;
	__u8 pad;
};

/*
 * Key: inode. Value: what its end is reported with. Allocated on demand, as many as there can be
 * sockets. If it is full, entries do not give way.
 */
struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, SOCKLEAK_MAX_SOCKETS);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__type(key, __u64);
	__type(value, struct given_up);
} given_up SEC(".maps");

__s32 n_given_up;

static __always_inline struct given_up *given_up_of(__u64 inode)
{
	return n_given_up > 0 ? bpf_map_lookup_elem(&given_up, &inode) : NULL;
}

/* Without its entry the kernel must still show that it is not in use: see view_weigh(). */
static __always_inline bool needs_its_entry(const struct pending *entry)
{
	if (entry->flags & (PENDING_DEAD | PENDING_DISSOLVED | PENDING_UNSPEC))
		return true;
	if (entry->family == AF_INET || entry->family == AF_INET6)
		return entry->type != SOCK_STREAM && has_port_by_connect(entry);
	return entry->family != AF_UNIX && entry->family != AF_NETLINK;
}

/* Has user space all that is known of it? Its stack too: the slot is given back then. */
static __always_inline bool is_delivered(const struct pending *entry)
{
	__u64 inode = entry->inode, try = TRY_INODE(inode);

	return was_reported(entry) && !entry->left && !settings.by_descent &&
	       !(entry->flags &
		 (PENDING_WAITING | PENDING_MOVED | PENDING_USED | PENDING_CLOSED)) &&
	       !bpf_map_lookup_elem(&slots, &inode) && !bpf_map_lookup_elem(&slots, &try);
}

/* An entry that a sweep goes past, and that stays as it is: does it give way? */
static __always_inline bool entry_gives_way(const struct fd_key *key, struct pending *entry)
{
	struct given_up kept = {
		.file = entry->file,
		.since_ns = entry->since_ns,
		.tgid = entry->tgid,
		.fd = entry->fd,
		.uid = entry->uid,
		.flags = entry->flags & PENDING_ORIGIN_UNKNOWN,
		.class = reported_class(entry),
	};
	__u64 inode = entry->inode;

	if (!gives_way || share_is_low() || !is_delivered(entry) || needs_its_entry(entry) ||
	    !share_is_greedy(entry) || bpf_map_update_elem(&given_up, &inode, &kept, BPF_ANY))
		return false;
	__sync_fetch_and_add(&n_given_up, 1);
	count(COUNTER_GIVEN_UP);
	entry_ended(entry, false, false);
	pending_drop(key, entry);
	return true;
}

/* Without room for the record the next sweep sends it. */
static __always_inline void given_up_end(__u64 inode, const struct given_up *ended,
					 enum end_reason reason)
{
	struct event *event = event_reserve(EVENT_ENDED);

	if (!event) {
		sweep.waiting++;
		return;
	}
	event->socket.inode = inode;
	event->socket.since_ns = ended->since_ns;
	event->socket.tgid = event->tgid = ended->tgid;
	event->socket.fd = event->fd = ended->fd;
	event->socket.uid = event->uid = ended->uid;
	event->socket.flags = ended->flags;
	event->class = ended->class;
	event->reason = reason;
	event->given_up = 1;
	bpf_ringbuf_submit(event, 0);
	count(COUNTER_EVENTS);
	if (!bpf_map_delete_elem(&given_up, &inode))
		__sync_fetch_and_add(&n_given_up, -1);
}

/* A sweep has met a socket without an entry. True: it is known. */
static __always_inline bool given_up_met(__u64 inode, bool in_use)
{
	struct given_up *known = given_up_of(inode);

	if (known && in_use)
		given_up_end(inode, known, END_USED);
	return known;
}

/* For bpf_for_each_map_elem(). It ends when nothing refers to its file, as any other. */
static long given_up_look(struct bpf_map *map, const __u64 *inode, struct given_up *known,
			  void *unused)
{
	if (!file_is_open((struct file *)known->file, *inode))
		given_up_end(*inode, known, END_CLOSED);
	return 0;
}

#endif /* GIVEN_UP_BPF_H */
