/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * sweep: decides about each socket. A full sweep follows the look at the threads in connect
 * (waits.bpf.h), and walks
 *
 *   1. the fd tables: every socket, and what the kernel knows about it;
 *   2. `pending`: nobody holds a socket that the first walk did not meet;
 *   3. `slots`: a copy of a stack whose socket has no entry is given back;
 *   4. `holders`: a process that was not met with a leaked socket has let it go.
 *
 * In between there are quick sweeps (quick_sweep.bpf.h), with the first walk over few processes. An
 * event is sent once. If it does not fit the ring buffer, it is not marked as sent, and the next
 * sweep sends it. User space repeats a full sweep at once for such events; a repeat looks at
 * nothing else.
 */
#ifndef SWEEP_BPF_H
#define SWEEP_BPF_H

#include "classes.bpf.h"
#include "filter.bpf.h"
#include "given_up.bpf.h"
#include "half_closed.bpf.h"
#include "holders.bpf.h"
#include "pending.bpf.h"
#include "refusals.bpf.h"
#include "tries.bpf.h"
#include "waits.bpf.h"

#define HARVEST_TRIES 8
/* After so many sweeps, 6 s by default, a process that has begun to end has closed what it had. */
#define LEFT_SWEEPS 64

/* A record that must not be lost: without room for it the next sweep sends it. */
static __always_inline struct event *event_begin(struct pending *entry, enum event_kind kind)
{
	struct event *event = event_reserve_of(entry, kind);

	if (event) {
		entry->flags &= ~PENDING_WAITING;
		return event;
	}
	sweep.waiting++;
	if (!(entry->flags & PENDING_WAITING))
		count(COUNTER_RING_FULL);
	entry->flags |= PENDING_WAITING;
	return NULL;
}

static __always_inline void event_send(struct event *event)
{
	bpf_ringbuf_submit(event, 0);
	count(COUNTER_EVENTS);
}

/* The leak has ended. False if the event must wait. Nothing is sent if the exit of its process has
 * reported it. */
static __always_inline bool pending_tell_end(struct pending *entry, enum end_reason reason)
{
	struct event *event;

	if (!was_reported(entry) || entry->left == LEFT_REPORTED ||
	    (entry->left == LEFT_READ && reason == END_CLOSED))
		return true;
	event = event_begin(entry, EVENT_ENDED);
	if (!event)
		return false;
	event->fd = entry->fd;
	event->uid = entry->uid;
	event->class = reported_class(entry);
	event->reason = reason;
	__builtin_memcpy(event->comm, entry->comm, sizeof(event->comm));
	entry->reported = 0;
	event_send(event);
	return true;
}

/* A record that may be lost: then only its content is missing. False: there was no room. */
static __always_inline bool pending_mention(const struct pending *entry, enum event_kind kind,
					    enum end_reason reason)
{
	struct event *event = event_reserve_of(entry, kind);

	if (!event)
		return false;
	event->reason = reason;
	bpf_ringbuf_submit(event, 0);
	return true;
}

/*
 * The socket is not pending any more. If it is still open, but in no fd table, its site does not
 * count as clean. False if the event must wait.
 */
static __always_inline bool pending_end(const struct fd_key *key, struct pending *entry,
					enum end_reason reason)
{
	if (!pending_tell_end(entry, reason))
		return false;
	if (reason != END_USED || !connected_keep(entry, 0))
		entry_ended(entry, reason == END_USED || !pending_is_open(entry),
			    reason == END_USED);
	pending_drop(key, entry);
	return true;
}

/*
 * The same, for an entry that has ended. The end of a socket of unknown origin is also reported
 * if the socket was not: another one that the process creates in its place is not growth
 * (user/leaks/growth/renewals.h).
 */
static __always_inline bool entry_end(const struct fd_key *key, struct pending *entry)
{
	enum end_reason reason = entry->flags & PENDING_USED ? END_USED : END_CLOSED;

	if (entry->flags & PENDING_ORIGIN_UNKNOWN && reason == END_CLOSED && !was_reported(entry))
		pending_mention(entry, EVENT_ENDED, reason);
	if (entry->left == LEFT_HELD && reason == END_CLOSED && !was_reported(entry))
		count(COUNTER_EXIT_HELD);
	return pending_end(key, entry, reason);
}

/*
 * A socket is open that a process had at its end. So what else referred to it then did not do that
 * for a moment: it is a holder, which closes it, uses it, or ends with it.
 */
static __always_inline void left_to_another(struct pending *entry)
{
	if (entry->left == LEFT_READ)
		pending_tell_end(entry, END_USED);
	if (entry->left != LEFT_REPORTED)
		entry->left = LEFT_NOT;
}

/*
 * No table has shown it, but it is open. Its process may be about to close it: a process that ends
 * loses its table first. The last sweep comes after that.
 */
static __always_inline void left_look(struct pending *entry)
{
	__u32 sweeps = (__u32)sweep.number - entry->seen_sweep;

	if (entry->left && (sweep.is_last || sweeps > LEFT_SWEEPS))
		left_to_another(entry);
}

/* The entry is a leak that a task holds: report it, unless that was done. */
static __always_inline void pending_report(struct pending *entry, const struct socket_view *view,
					   struct task_struct *task, const struct fd_key *holder)
{
	enum leak_class cls = classify(entry, view);
	__u8 before = reported_class(entry);
	struct event *event;

	if (cls == before && !(entry->flags & PENDING_MOVED) && !sweep.retells)
		return;
	if (before == CLASS_NONE && !share_takes_event(entry))
		return;
	event = event_begin(entry, before == CLASS_NONE ? EVENT_LEAK : EVENT_CHANGED);
	if (!event)
		return;
	entry->spell += before == CLASS_NONE;
	event->class = cls;
	event_describe(event, view, task, holder->fd);
	try_describe(event, entry, task);
	entry->reported = REPORTED(view->inode, cls);
	entry->flags &= ~PENDING_MOVED;
	entry->holder_tgid = holder->tgid;
	entry->holder_fd = holder->fd;
	entry->holder_sweep = sweep.number;
	event_send(event);
}

/*
 * The socket is too young for a leak. It may become one after its process has ended, so tell user
 * space while the process can be examined. Once, and only if there is room: without it only names
 * are missing.
 */
static __always_inline void pending_suspect(struct pending *entry)
{
	if (!(entry->flags & (PENDING_SUSPECTED | PENDING_ORIGIN_UNKNOWN)) &&
	    pending_mention(entry, EVENT_SUSPECT, END_NONE))
		entry->flags |= PENDING_SUSPECTED;
}

/*
 * The entry of pending_adopt(), which is large: with it on the stack, those that sweep_files calls
 * would have no room. There is one sweep at a time.
 */
struct pending adopted;

/* A socket that no hook saw: note since when it is known. The next sweep reports it. */
static __always_inline void pending_adopt(const struct fd_key *key, const struct socket_view *view,
					  struct task_struct *task)
{
	struct fd_key own;

	__builtin_memset(&adopted, 0, sizeof(adopted));
	entry_of_unknown(&adopted, view, task, key->fd);
	adopted.since_ns = bpf_ktime_get_boot_ns();
	adopted.seen_sweep = sweep.number;
	entry_note_dead(&adopted, view);
	count(pending_put(&adopted, &own) ? COUNTER_ADOPT_FULL : COUNTER_ADOPTED);
}

/* One socket in one fd table. */
static __always_inline void sweep_socket(struct task_struct *task, __u32 fd,
					 struct socket_view *view)
{
	struct fd_key holder = { .tgid = BPF_CORE_READ(task, tgid), .fd = fd };
	struct socket *socket = view->socket;
	struct pending *entry;
	struct fd_key key;

	if (young_of((__u64)BPF_CORE_READ(socket, file), view->inode))
		return; /* the next sweep takes it, or it was being written */
	entry = pending_of_inode(view->inode, &key);
	if (entry)
		entry_complete(entry, view);
	view_judge(view);
	left_aside_count(view);
	view_judge_peer(view);
	view_weigh_now(view, entry);
	if (view->use == USE_IN_USE || (!entry && view->use == USE_CONNECTING)) {
		if (entry)
			pending_end(&key, entry, END_USED);
		else
			given_up_met(view->inode, view->use == USE_IN_USE);
		return;
	}
	if (sweep.repeats && !(entry && entry->flags & PENDING_WAITING))
		return;
	if (!entry && given_up_met(view->inode, false))
		return;
	if (!entry && connected_has(view->inode))
		return; /* the next sweep finds that it is not in use any more */
	if (!entry) {
		pending_adopt(&holder, view, task);
		return;
	}
	if (entry->left && entry->exit_tgid != holder.tgid)
		left_to_another(entry);
	if (entry->holder_tgid == holder.tgid && entry->holder_fd == holder.fd)
		entry->holder_sweep = sweep.number;
	if (was_reported(entry))
		holder_met(entry, task, fd);
	if (seen_since(entry->seen_sweep) && !sweep.repeats)
		return; /* under another descriptor, or by a quick sweep in between */
	entry->seen_sweep = sweep.number;
	entry->unseen = 0;
	entry->flags &= ~(PENDING_CLOSED | PENDING_USED);
	if (view->use == USE_REMEMBERED)
		pending_tell_end(entry, END_USED);
	if (view->use == USE_REMEMBERED || view->use == USE_CONNECTING)
		return;
	if (!entry_is_suspect(entry, sweep.older_than_ns, sweep.start_ns)) {
		pending_suspect(entry);
		return;
	}
	if (view_is_dead(view))
		connected_wants_stack(entry);
	else
		call_site_kept(entry);
	pending_report(entry, view, task, &holder);
	if (was_reported(entry))
		holder_met(entry, task, fd);
}

/* A socket in the fd table of a task that is not watched. It may be a leak of a watched process. */
static __always_inline void sweep_stranger(struct task_struct *task, __u32 fd, __u64 inode)
{
	struct fd_key key;
	struct pending *entry = pending_of_inode(inode, &key);

	if (entry && was_reported(entry))
		holder_met(entry, task, fd);
}

/*
 * Is it the slot of a refusal that is still in its map? User space reads it after a sweep, and two
 * sweeps may be begun before. At most SOCKLEAK_MAX_REFUSALS are kept so.
 */
static __always_inline bool slot_is_of_refusal(__u64 inode, const struct snapshot *snapshot)
{
	struct refusal_key key = { .tgid = (__u32)inode, .error = (inode >> 32) & 0xff };
	struct refusal *refusal;

	if (!(inode >> 63))
		return false;
	refusal = bpf_map_lookup_elem(&refusals, &key);
	return refusal && refusal->first_ns == snapshot->since_ns;
}

/* ---- For bpf_for_each_map_elem(). ---- */

/* Two places of the young table. A writer is finished in no time, so it is tried again. */
static long harvest_pair(struct bpf_map *map, const __u32 *number, struct young_pair *pair,
			 void *unused)
{
	for (__u32 i = 0; i < 2 * HARVEST_TRIES; i++) {
		struct pending *entry = &pair->places[i & 1];

		if (!pair->places[0].inode && !pair->places[1].inode)
			break;
		if (entry->inode && young_take(*number, i & 1, 0))
			young_release(entry);
	}
	return 0;
}

/*
 * One entry, after all fd tables were seen. If no table held it and its file is still open, it gets
 * one more full sweep: its socket may be on its way from one process to another. If a process has
 * just ended with it, it is kept until left_look() knows who had it.
 */
static long sweep_entry(struct bpf_map *map, const struct fd_key *key, struct pending *entry,
			void *unused)
{
	bool ended = has_ended(entry);

	sweep.pending++;
	if (!entry->counted)
		share_take_entry(entry, true);
	if (sweep.repeats && !(entry->flags & PENDING_WAITING))
		return 0;
	if (seen_since(entry->seen_sweep)) {
		if (was_reported(entry) && !seen_since(entry->holder_sweep)) {
			entry->flags |= PENDING_MOVED; /* the next full sweep says to whom */
			sweep.unsettled++;
		}
		sweep.pending -= entry_gives_way(key, entry);
		return 0;
	}
	if (entry->since_ns >= sweep.since_ns)
		return 0; /* younger than this sweep */
	if (!ended)
		left_look(entry);
	if (!ended && (!entry->unseen || entry->left > LEFT_REPORTED)) {
		sweep.unsettled += !entry->unseen && !is_without_descriptor(entry);
		entry->unseen = 1;
		return 0;
	}
	sweep.pending -= entry_end(key, entry);
	return 0;
}

/*
 * One slot of a snapshot. The entry of its socket gives it back. If that was lost, because the map
 * was full or a hook was missed, this does. An entry that is older than a whole sweep is in the
 * index.
 */
static long sweep_slot(struct bpf_map *map, const __u64 *inode, const __u32 *slot, void *unused)
{
	struct snapshot *snapshot = bpf_map_lookup_elem(&snapshots, slot);
	struct fd_key key;

	if (snapshot && snapshot->since_ns < sweep.last_ns &&
	    !pending_of_inode(*inode & ~TRY_BIT, &key) && !connected_has(*inode) &&
	    !slot_is_of_refusal(*inode, snapshot))
		snapshot_drop(*inode);
	return 0;
}

#endif /* SWEEP_BPF_H */
