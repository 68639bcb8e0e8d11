/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * tries: where a program came from when a call on a pending socket failed: connect, bind or
 * getpeername. The error path that does not close the socket is there. The stack is copied into a
 * slot, as that of socket() is (snapshots.bpf.h), and only where it is likely to be of use:
 *
 *   - The socket is older than --older-than. Few sockets are.
 *   - Its call site is known to leak. Most leaks are tried once, right after socket(), so their
 *     first one teaches the site, and the next ones bring the stack of the try.
 *
 * Any other try costs one look-up of its call site, and a successful one nothing. A socket has one
 * such stack: that of the last try which decides its class, though a program that tries all the
 * time has at most ten copied a second. At most --try-stacks slots are held.
 */
#ifndef TRIES_BPF_H
#define TRIES_BPF_H

#include "events.bpf.h"
#include "in_flight.bpf.h"
#include "pending.bpf.h"
#include "snapshots.bpf.h"

#define TRY_PAUSE_NS 100000000ULL /* between two copies for the same kind of call on a socket */

/* Does the class of the socket rest on another call than this one? See classify(). */
static __always_inline bool evidence_outweighs(const struct evidence *evidence, enum call_kind kind)
{
	return evidence->connect_tries || evidence->bound ||
	       (kind == CALL_GETPEERNAME && evidence->bind_tries);
}

/* By when the last sweep began: cheaper than the clock, and late by an interval at most. */
static __always_inline bool entry_is_old(const struct pending *entry)
{
	return sweep.start_ns > entry->since_ns + sweep.older_than_ns;
}

/* The class that classify() gives to a socket whose class rests on such a call. */
static __always_inline enum leak_class class_of_try(enum call_kind kind)
{
	if (kind == CALL_CONNECT)
		return CLASS_CONNECT_FAILED;
	return kind == CALL_BIND ? CLASS_BIND_FAILED : CLASS_PROBED;
}

/* A leak that was reported is reported again when its class changes, and only then. */
static __always_inline bool try_is_wanted(const struct pending *entry, enum call_kind kind)
{
	enum leak_class reported = reported_class(entry);
	struct call_site *site;

	if (reported == CLASS_UNKNOWN_ORIGIN || reported == class_of_try(kind))
		return false;
	if (entry_is_old(entry))
		return true;
	site = call_site_of(entry->call_site, false);
	return site && site->dirty;
}

/* The copy that stands under this key, and its slot; NULL = there is none, or it was read. */
static __always_inline struct snapshot *try_of(__u64 key, __u32 *ret_slot)
{
	__u32 *slot = bpf_map_lookup_elem(&slots, &key);
	struct snapshot *snapshot = slot ? bpf_map_lookup_elem(&snapshots, slot) : NULL;

	if (!snapshot || snapshot->inode != key)
		return NULL;
	*ret_slot = *slot;
	return snapshot;
}

/*
 * Copy the current stack for the socket of an entry, in place of an earlier try's.
 */
static __always_inline int try_take(struct pending *entry, __u64 inode, enum call_kind kind)
{
	__u64 key = TRY_INODE(inode), now_ns = bpf_ktime_get_boot_ns();
	struct snapshot *before;
	__u32 slot;

	if (!entry)
		return 0;
	before = entry->flags & PENDING_TRY ? try_of(key, &slot) : NULL;
	if (before && before->call == kind && now_ns - before->since_ns < TRY_PAUSE_NS)
		return 0;
	if (before)
		snapshot_drop(key);
	if (__sync_fetch_and_add(&tries_held, 1) >= (__s32)settings.try_stacks) {
		count(COUNTER_NO_TRY_SLOT);
		__sync_fetch_and_add(&tries_held, -1);
		return 0;
	}
	if (snapshot_take(key, now_ns, kind, 0, &slot)) {
		__sync_fetch_and_add(&tries_held, -1);
		return 0;
	}
	entry->flags |= PENDING_TRY;
	if (!entry_is_of(entry, inode)) {
		entry->flags &= ~PENDING_TRY;
		snapshot_drop(key);
	}
	return 0;
}

/* Global functions, so that the verifier goes through each once. */
__noinline int connect_take(struct pending *entry, __u64 inode)
{
	return try_take(entry, inode, CALL_CONNECT);
}

__noinline int bind_take(struct pending *entry, __u64 inode)
{
	return try_take(entry, inode, CALL_BIND);
}

__noinline int getpeername_take(struct pending *entry, __u64 inode)
{
	return try_take(entry, inode, CALL_GETPEERNAME);
}

/* The current thread's call on the socket has failed. A thread of io_uring has no user's stack. */
static __always_inline void try_failed(struct pending *entry, const struct call *call,
				       enum call_kind kind)
{
	if (!settings.try_stacks || !settings.stack_size || !try_is_wanted(entry, kind))
		return;
	if (call->request && !is_in_uring_call(bpf_get_current_task_btf()))
		return;
	if (kind == CALL_CONNECT)
		connect_take(entry, call->inode);
	else if (kind == CALL_BIND)
		bind_take(entry, call->inode);
	else
		getpeername_take(entry, call->inode);
}

/* Where user space finds the stack of the last try, if there is one. `task` holds the socket. */
static __always_inline void try_describe(struct event *event, const struct pending *entry,
					 struct task_struct *task)
{
	struct snapshot *snapshot;
	__u32 slot;

	if (!(entry->flags & PENDING_TRY))
		return;
	snapshot = try_of(TRY_INODE(entry->inode), &slot);
	if (!snapshot)
		return;
	event->try_slot = slot;
	event->try_ns = snapshot->since_ns;
	event->try_execed = task_exec_id(task) != snapshot->exec_id;
}

#endif /* TRIES_BPF_H */
