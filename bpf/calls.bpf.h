/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * calls: connect, bind and getpeername on pending sockets, between their enter
 * (which knows the arguments) and their exit (which knows the result), and what
 * the result says about the socket.
 */
#ifndef CALLS_BPF_H
#define CALLS_BPF_H

#include "classes.bpf.h"
#include "pending.bpf.h"

/*
 * Key: a thread's number modulo the size. Value: its call on a pending socket, or another's
 * whose number has the same remainder: call.tid. Not a hash map, whose locks and lists are most
 * of what following a call would cost. A thread has one call at a time, so one that missed its
 * exit is overwritten by the next. Pinned by --pin: who is inside connect while sockleak is
 * started again is looked at then (takeover.c).
 */
struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, SOCKLEAK_MAX_IN_FLIGHT);
	__type(key, __u32);
	__type(value, struct call);
} in_flight SEC(".maps");

/*
 * Key: thread. Value: its call, of those that found their place in `in_flight` taken. When
 * it is full the result of the call is not noted (in_flight_full). Pinned likewise.
 */
struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, SOCKLEAK_MAX_IN_FLIGHT / 2);
	__type(key, __u32);
	__type(value, struct call);
} in_flight_apart SEC(".maps");

/*
 * Key: inode. Value: a thread that waits in connect on it, through a descriptor
 * that leads to no entry. Such a connection under way leaves no trace in a unix
 * socket. When it is full, one that waits for long may be reported (in_flight_full).
 * Also those, through any descriptor, that were inside connect before sockleak was.
 */
struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, SOCKLEAK_MAX_IN_FLIGHT / 4);
	__type(key, __u64);
	__type(value, __u32);
} hidden_connects SEC(".maps");

/* The place of a thread; never NULL, but the verifier does not know that. */
static __always_inline struct call *call_place(__u32 tid)
{
	__u32 place = tid & (SOCKLEAK_MAX_IN_FLIGHT - 1);

	return bpf_map_lookup_elem(&in_flight, &place);
}

static __always_inline void call_begin(struct call *call)
{
	__u32 tid = bpf_get_current_pid_tgid();
	struct call *place = call_place(tid);

	call->tid = tid;
	if (place &&
	    (place->tid == tid || !__sync_val_compare_and_swap(&place->tid, 0, tid))) {
		*place = *call;
	} else if (bpf_map_update_elem(&in_flight_apart, &tid, call, BPF_ANY)) {
		count(COUNTER_IN_FLIGHT_FULL);
		call->inode = 0;
	}
}

/* By an operation that orders what was read of the call before: another may take the place. */
static __always_inline void call_leave(struct call *place, __u32 tid)
{
	__sync_val_compare_and_swap(&place->tid, tid, 0);
}

/* This thread's call is not followed: neither is an older one that missed its exit. */
static __always_inline void call_ignore(void)
{
	__u32 tid = bpf_get_current_pid_tgid();
	struct call *place = call_place(tid);

	if (place && place->tid == tid)
		call_leave(place, tid);
	else if (bpf_map_lookup_elem(&in_flight_apart, &tid))
		bpf_map_delete_elem(&in_flight_apart, &tid);
}

static __always_inline void bind_enter(struct task_struct *self, __u32 fd)
{
	struct call call = { .kind = CALL_BIND };
	struct pending *entry = pending_of_current(self, fd, &call.key);

	if (!entry)
		entry = pending_of_stranger(fd, &call.key);
	if (!entry)
		return call_ignore();
	call.inode = entry->inode;
	call_begin(&call);
}

static __always_inline void getpeername_enter(struct task_struct *self, __u32 fd)
{
	struct call call = { .kind = CALL_GETPEERNAME };
	struct pending *entry = pending_of_current(self, fd, &call.key);

	if (!entry)
		return call_ignore();
	call.inode = entry->inode;
	call_begin(&call);
}

/*
 * A connection that nobody waited for, and that the other side reset: connect answers the reset
 * once, and the socket is as new (__inet_stream_connect(), net/ipv4/af_inet.c). Asked of few: two
 * reads that tell whether the socket is worth a closer look.
 */
static __always_inline bool connection_may_be_dead(__u32 fd, const struct pending *entry)
{
	struct socket *socket;

	if (entry && !entry->evidence.connect_tries && !(entry->flags & PENDING_ORIGIN_UNKNOWN))
		return false;
	socket = BPF_CORE_READ(current_file(fd), private_data);
	return BPF_CORE_READ(socket, state) == SS_CONNECTING;
}

/*
 * To AF_UNSPEC connect ends a connection (connect(2)), and the socket is as new to
 * the kernel. Is there one to end? The socket is asked, and the entry, if it has one.
 */
static __always_inline enum dissolves connect_dissolves(const struct call *call, __u32 fd,
							const struct pending *entry)
{
	struct socket_view view = {};
	bool ends = call->family == AF_UNSPEC;

	if (!ends && !connection_may_be_dead(fd, entry))
		return DISSOLVES_NOTHING;
	if (ends && entry && entry->flags & PENDING_USED)
		return DISSOLVES_USE;
	if (!view_open(current_file(fd), &view))
		return DISSOLVES_NOTHING;
	view_judge(&view);
	view_recall(&view, entry);
	if (ends && entry && bound_by_connect(&view, entry))
		return DISSOLVES_NOTHING;
	if (view.use != USE_WAS_CONNECTED && !(ends && view.use == USE_IN_USE))
		return DISSOLVES_NOTHING;
	return has_but_a_port(&view) ? DISSOLVES_PORT : DISSOLVES_USE;
}

/* Has it? To AF_UNSPEC by success, else by the answer that the connection was reset. */
static __always_inline bool connect_dissolved(const struct call *call, long result)
{
	return call->dissolves && (call->family == AF_UNSPEC ? !result : result < 0);
}

/*
 * connect on a socket that is not pending. To AF_UNSPEC it may end a connection; to a
 * unix address it may wait unseen. Anything else is no news.
 */
static __always_inline void connect_untracked(struct call *call, __u32 fd)
{
	__u32 tid = bpf_get_current_pid_tgid();
	__u64 inode;

	if (!call->dissolves && call->family != AF_UNIX)
		return call_ignore();
	call->key.tgid = bpf_get_current_pid_tgid() >> 32;
	call->key.fd = fd;
	call->inode = inode = file_inode_number(current_file(fd));
	call->untracked = 1;
	call_begin(call);
	if (call->inode && call->family == AF_UNIX &&
	    bpf_map_update_elem(&hidden_connects, &inode, &tid, BPF_ANY))
		count(COUNTER_IN_FLIGHT_FULL);
}

/*
 * Where to: at enter, when the caller's memory is what the kernel will read, and right
 * into the entry. A connect that succeeds ends the entry, so what stays is of one that
 * did not, or that is under way.
 */
static __always_inline void connect_note(struct pending *entry, const void *address, __u64 len)
{
	struct evidence *evidence = &entry->evidence;

	if (len > SOCKLEAK_DEST_LEN)
		len = SOCKLEAK_DEST_LEN;
	barrier_var(len); /* or the compiler drops the check, which the verifier needs */
	if (len > SOCKLEAK_DEST_LEN)
		return;
	if (bpf_probe_read_user(evidence->dest, len, address)) {
		count(COUNTER_DEST_UNREADABLE);
		len = 0;
	}
	evidence->dest_len = len;
}

static __always_inline __u16 address_family(const void *address, __u32 len)
{
	__u16 family;

	if (len < sizeof(family) || bpf_probe_read_user(&family, sizeof(family), address))
		return AF_UNREADABLE;
	return family;
}

/*
 * Note where to, and say of which family that is. Of a first try the family is read from what
 * was noted: the caller's memory is dear to read.
 */
static __always_inline __u16 connect_destination(struct pending *entry, const void *address,
						 __u32 len)
{
	struct evidence *evidence = &entry->evidence;
	bool first = !evidence->dest_len;
	__u16 family = first ? AF_UNREADABLE : address_family(address, len);

	if (first || family != AF_UNSPEC)
		connect_note(entry, address, len);
	if (!first)
		return family;
	if (evidence->dest_len >= sizeof(family))
		__builtin_memcpy(&family, evidence->dest, sizeof(family));
	if (family == AF_UNSPEC)
		evidence->dest_len = 0; /* that is no try */
	return family;
}

static __always_inline void connect_enter(struct task_struct *self, __u32 fd, const void *address,
					  __u32 len)
{
	struct call call = { .kind = CALL_CONNECT, .fd = fd };
	struct pending *entry = pending_of_current(self, fd, &call.key);

	if (!entry)
		entry = pending_of_stranger(fd, &call.key);
	call.family = entry ? connect_destination(entry, address, len) :
			      address_family(address, len);
	call.dissolves = connect_dissolves(&call, fd, entry);
	if (!entry)
		return connect_untracked(&call, fd);
	if (call.family == AF_UNSPEC && !call.dissolves)
		entry->flags |= PENDING_UNSPEC;
	call.inode = entry->inode;
	call_begin(&call);
	if (call.inode)
		__sync_fetch_and_add(&entry->connecting, 1);
}

/* Is a thread inside connect on this socket, as far as the socket itself does not show it? */
static __always_inline bool connect_is_hidden(const struct socket_view *view,
					      const struct pending *entry)
{
	__u64 inode = view->inode;

	if (view->family == AF_INET || view->family == AF_INET6)
		return false; /* as above */
	return connects_unseen(view, entry) || bpf_map_lookup_elem(&hidden_connects, &inode);
}

/* The call of this kind that this thread ends; false if none is followed. */
static __always_inline bool call_exit(enum call_kind kind, struct call *ret_call)
{
	__u32 tid = bpf_get_current_pid_tgid();
	struct call *place = call_place(tid), *apart;

	if (place && place->tid == tid) {
		*ret_call = *place;
		call_leave(place, tid);
		return ret_call->kind == kind;
	}
	apart = bpf_map_lookup_elem(&in_flight_apart, &tid);
	if (!apart)
		return false;
	*ret_call = *apart;
	bpf_map_delete_elem(&in_flight_apart, &tid);
	return ret_call->kind == kind;
}

/* The entry of the call's socket, which may have moved; NULL when it is gone. */
static __always_inline struct pending *call_entry(struct call *call)
{
	struct pending *entry = pending_at(&call->key, call->inode);

	return entry ?: pending_by_inode(call->inode, &call->key);
}

/* See entry_is_of(): a new entry has 0 there. */
#define TAKE_BACK(field, written)         \
	do {                              \
		if ((field) == (written)) \
			(field) = 0;      \
	} while (0)

/* A signal came before the end; the kernel may call it again by itself. */
static __always_inline bool call_restarts(long result)
{
	return result <= -ERESTARTSYS && result >= -ERESTART_RESTARTBLOCK;
}

static __always_inline void connect_failed(struct pending *entry, __u64 inode, long result)
{
	bool under_way = result == -EINPROGRESS || result == -EINTR || result == -EALREADY;
	bool again = result == -EALREADY || entry->flags & PENDING_RESTARTS;
	struct evidence *evidence = &entry->evidence;
	__u32 tries = evidence->connect_tries + !again;
	__s32 error = under_way ? 0 : -result; /* under way: its end is not known yet */

	evidence->connect_tries = tries;
	if (entry->flags & PENDING_RESTARTS)
		entry->flags &= ~PENDING_RESTARTS;
	if (call_restarts(result))
		entry->flags |= PENDING_RESTARTS; /* one try, whatever it is restarted as */
	else
		evidence->connect_errno = error;
	if (entry_is_of(entry, inode))
		return;
	TAKE_BACK(evidence->connect_tries, tries);
	TAKE_BACK(evidence->connect_errno, error);
}

static __always_inline void connect_exit(long result)
{
	struct call call = {};
	struct pending *entry;

	if (!call_exit(CALL_CONNECT, &call))
		return;
	if (call.untracked) {
		bpf_map_delete_elem(&hidden_connects, &call.inode);
		if (connect_dissolved(&call, result))
			pending_add_dissolved(&call.key, call.inode, call.dissolves);
		return;
	}
	if (call.inherited)
		bpf_map_delete_elem(&hidden_connects, &call.inode);
	entry = call_entry(&call);
	if (!entry)
		return;
	if (!call.inherited)
		__sync_fetch_and_add(&entry->connecting, -1);
	if (connect_dissolved(&call, result)) {
		entry->flags |= PENDING_DISSOLVED;
		if (!entry_is_of(entry, call.inode))
			entry->flags &= ~PENDING_DISSOLVED;
	}
	if (call.family == AF_UNSPEC)
		return; /* connects nothing */
	if (!result || result == -EISCONN)
		pending_forget(&call.key, entry, call.inode, PENDING_USED);
	else
		connect_failed(entry, call.inode, result);
}

static __always_inline void bind_exit(long result)
{
	struct call call = {};
	struct pending *entry = call_exit(CALL_BIND, &call) ? call_entry(&call) : NULL;
	struct evidence *evidence;
	__u32 tries;

	if (!entry)
		return;
	evidence = &entry->evidence;
	tries = evidence->bind_tries + 1;
	evidence->bind_tries = tries;
	if (result) {
		evidence->bind_errno = -result;
	} else {
		evidence->bound = 1;
		evidence->bind_worked = 1;
	}
	if (entry_is_of(entry, call.inode))
		return;
	TAKE_BACK(evidence->bind_tries, tries);
	if (result) {
		TAKE_BACK(evidence->bind_errno, (__s32)-result);
	} else {
		evidence->bound = 0; /* a sweep finds it out again */
		evidence->bind_worked = 0;
	}
}

static __always_inline __u16 pending_family(const struct pending *entry)
{
	struct file *file = (struct file *)entry->file;
	struct socket *socket;

	if (entry->family || !file)
		return entry->family;
	socket = BPF_CORE_READ(file, private_data);
	return BPF_CORE_READ(socket, sk, __sk_common.skc_family);
}

static __always_inline void getpeername_exit(long result)
{
	struct call call = {};
	struct pending *entry = call_exit(CALL_GETPEERNAME, &call) ? call_entry(&call) : NULL;

	if (!entry)
		return;
	if (!result) {
		if (pending_family(entry) != AF_NETLINK) /* that has an answer for every socket */
			pending_forget(&call.key, entry, call.inode, PENDING_USED);
	} else if (result == -ENOTCONN) {
		__u32 times = entry->evidence.enotconn + 1;

		entry->evidence.enotconn = times;
		if (times == 1)
			entry->evidence.first_enotconn_ns = bpf_ktime_get_boot_ns();
		if (!entry_is_of(entry, call.inode))
			TAKE_BACK(entry->evidence.enotconn, times);
	}
}

#endif /* CALLS_BPF_H */
