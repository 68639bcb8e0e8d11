/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * used: sockets that were found in use, in the processes that are followed because the number of
 * their descriptors climbs. An entry ends here anyway; user space gets the code that created the
 * socket, to say what makes most of them. Costs one comparison where nobody is followed.
 */
#ifndef USED_BPF_H
#define USED_BPF_H

#include "events.bpf.h"
#include "descriptors.h"

struct followed followed;

static __always_inline bool is_followed(__u32 tgid)
{
	return followed.count && followed.tgids[tgid & (SOCKLEAK_FOLLOWED - 1)] == tgid;
}

/*
 * The entry ends, because its socket is in use and open. True: user space gets a record, and reads
 * its snapshot, which is to stay until then; sweep_slot() gives it back. A record that has no room
 * is left out: it is one of a sample.
 */
static __always_inline bool used_is_reported(const struct pending *entry)
{
	struct socket_view view = {};
	struct event *event;

	if (!is_followed(entry->tgid) || entry->flags & PENDING_ORIGIN_UNKNOWN ||
	    followed.reported >= SOCKLEAK_USED_A_SWEEP)
		return false;
	if (!view_open((struct file *)entry->file, &view) || view.inode != entry->inode)
		return false;
	event = event_reserve_of(entry, EVENT_USED);
	if (!event)
		return false;
	event->socket.family = view.family;
	event->socket.type = view.type;
	event->socket.protocol = view.protocol;
	bpf_ringbuf_submit(event, 0);
	__sync_fetch_and_add(&followed.reported, 1);
	return true;
}

#endif /* USED_BPF_H */
