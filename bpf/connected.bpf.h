/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * connected: what is known of sockets that are connected. Only with --also (or --class) half_closed
 * or was_connected; otherwise a socket is forgotten when it is connected. The hooks do nothing for
 * it: an entry comes here when a harvest or a sweep finds it connected and still open, so a
 * connection that ends before that costs nothing.
 */
#ifndef CONNECTED_BPF_H
#define CONNECTED_BPF_H

#include "counters.bpf.h"
#include "filter.bpf.h"
#include "kernel.bpf.h"
#include "snapshots.bpf.h"
#include "used.bpf.h"

/*
 * Key: inode. Value: its entry as it was in `young` or `pending`. Sized by --max-sockets, or 1 if
 * nothing is kept. If it is full, the origin is not kept (connected_full). --pin does not keep it:
 * after a restart these sockets are of unknown origin.
 */
struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, SOCKLEAK_MAX_SOCKETS);
	__type(key, __u64);
	__type(value, struct pending);
} connected SEC(".maps");

/*
 * A whole stack of a call site is enough for all its sockets: user space gives the others the site
 * of that one. When its socket is closed, the next sockets have theirs copied again.
 */
#define KEPT_BY_SITE 1

/* Slots that connected sockets hold: at most settings.keep_slots. */
__s32 connected_slots;

static __always_inline bool keeps_connected(void)
{
	return settings.half_closed || settings.was_connected;
}

static __always_inline bool connected_has(__u64 inode)
{
	return keeps_connected() && bpf_map_lookup_elem(&connected, &inode);
}

/*
 * Is it one that a peer can close? For TCP also what shows later that the connection lives. The
 * file is known to be open.
 */
static __always_inline bool connection_of(struct file *file, struct tcp_connection *ret_connection)
{
	struct socket *socket = BPF_CORE_READ(file, private_data);
	struct sock *sk = BPF_CORE_READ(socket, sk);
	__u16 family = BPF_CORE_READ(sk, __sk_common.skc_family);
	__u16 type = BPF_CORE_READ(socket, type);

	if (family != AF_INET && family != AF_INET6 && family != AF_UNIX)
		return false;
	if ((type != SOCK_STREAM && type != SOCK_SEQPACKET) ||
	    BPF_CORE_READ(sk, __sk_common.skc_state) == TCP_LISTEN)
		return false;
	if (family == AF_UNIX || BPF_CORE_READ(sk, sk_protocol) != IPPROTO_TCP)
		return true;
	ret_connection->sk = (__u64)sk;
	ret_connection->hash = BPF_CORE_READ(sk, __sk_common.skc_hash);
	return true;
}

/*
 * Is it as it was? Most connections are, in each sweep, and all other questions cost several times
 * as much. If its memory was given to another one, that has other ends.
 */
static __always_inline bool connection_lives(const struct tcp_connection *connection)
{
	struct sock *sk = (struct sock *)connection->sk;

	return sk && BPF_CORE_READ(sk, __sk_common.skc_state) == TCP_ESTABLISHED &&
	       BPF_CORE_READ(sk, __sk_common.skc_hash) == connection->hash;
}

/* Give back the slot of an entry here, if it has one. Its site may have been evicted since. */
static __always_inline void connected_leave_slot(const struct pending *entry, bool drops)
{
	struct call_site *site = call_site_of(entry->call_site, false);

	if (!(entry->flags & PENDING_SNAPSHOT))
		return;
	__sync_fetch_and_add(&connected_slots, -1);
	if (site && site->kept > 0)
		__sync_fetch_and_add(&site->kept, -1);
	if (drops)
		snapshot_drop(entry->inode);
	if (!site)
		return;
	if (drops)
		site->clean = 0;
	else
		__sync_fetch_and_add(&site->open, 1); /* call_site_ended() is yet to come */
}

/* The socket has ended, or a newer entry is kept of it. */
static __always_inline void connected_drop(__u64 inode, const struct pending *entry)
{
	connected_leave_slot(entry, true);
	bpf_map_delete_elem(&connected, &inode);
}

/*
 * Few sockets keep their slot; the others keep only the call. `reported`: user space frees the
 * slot.
 */
static __always_inline void connected_take_slot(struct pending *entry, bool reported)
{
	struct call_site *site = call_site_of(entry->call_site, false);

	if (!(entry->flags & PENDING_SNAPSHOT))
		return;
	if (reported) {
		entry->flags &= ~PENDING_SNAPSHOT;
		return;
	}
	if ((!site || site->kept < KEPT_BY_SITE) &&
	    __sync_fetch_and_add(&connected_slots, 1) < (__s32)settings.keep_slots) {
		if (site)
			__sync_fetch_and_add(&site->kept, 1);
		return;
	}
	if (!site || site->kept < KEPT_BY_SITE)
		__sync_fetch_and_add(&connected_slots, -1);
	snapshot_drop(entry->inode);
	entry->flags &= ~PENDING_SNAPSHOT;
	entry->flags |= PENDING_SAMPLED_OUT;
}

/*
 * Keep an entry whose socket is connected, and open. `file`: the open file that has its address
 * now, so that its own is closed; or 0. Returns 1 if it is kept; what it holds is taken care of
 * then. A global function, so that the verifier goes through it once.
 */
__noinline int connected_keep(const struct pending *entry, __u64 file)
{
	struct tcp_connection connection = { 0 };
	struct pending *kept;
	__u64 inode;

	if (!keeps_connected() || !entry || entry->file == file)
		return 0;
	inode = entry->inode;
	if (!file_is_open((struct file *)entry->file, inode) ||
	    !connection_of((struct file *)entry->file, &connection))
		return 0;
	kept = entry->flags & PENDING_DISSOLVED ? bpf_map_lookup_elem(&connected, &inode) : NULL;
	if (kept) /* connected as before connect(AF_UNSPEC) */
		connected_drop(inode, kept);
	if (bpf_map_update_elem(&connected, &inode, entry, BPF_ANY)) {
		count(COUNTER_CONNECTED_FULL);
		return 0;
	}
	count(COUNTER_CONNECTED_KEPT);
	call_site_ended(entry, true);
	if (entry->flags & PENDING_TRY)
		snapshot_drop(TRY_INODE(inode));
	kept = bpf_map_lookup_elem(&connected, &inode);
	if (!kept)
		return 1; /* not possible: only a sweep removes it */
	kept->flags &= ~(PENDING_USED | PENDING_CLOSED | PENDING_TRY | PENDING_WAITING |
			 PENDING_MOVED | PENDING_DEAD);
	kept->reported = 0;
	kept->connecting = 0;
	kept->unseen = 0;
	kept->lock = 0;
	kept->connection = connection;
	kept->evidence.first_enotconn_ns = 0;
	connected_take_slot(kept, used_is_reported(entry));
	return 1;
}

/*
 * A dead connection is about to be reported, and its whole stack is not known: the next sockets of
 * the call site have theirs copied again.
 */
static __always_inline void connected_wants_stack(const struct pending *entry)
{
	struct call_site *site = call_site_of(entry->call_site, false);

	if (site && !site->kept && entry->flags & PENDING_SAMPLED_OUT &&
	    entry->reported >> 8 != entry->inode)
		site->clean = 0;
}

#endif /* CONNECTED_BPF_H */
