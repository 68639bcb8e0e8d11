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
 * exit is overwritten by the next, and connect's is found by the sweeps (waits.bpf.h). Pinned by
 * --pin: who is inside connect while sockleak is started again is so still.
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
} in_flight_overflow SEC(".maps");

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
	if (place && (place->tid == tid || !__sync_val_compare_and_swap(&place->tid, 0, tid)))
		*place = *call;
	else if (bpf_map_update_elem(&in_flight_overflow, &tid, call, BPF_ANY))
		count(COUNTER_IN_FLIGHT_FULL);
}

/*
 * By an operation that orders what was read of the call before: another may take the place, and
 * the sweeps, which may look at it before it is written, are to see no old call there.
 */
static __always_inline void call_leave(struct call *place, __u32 tid)
{
	place->kind = CALL_NONE;
	__sync_val_compare_and_swap(&place->tid, tid, 0);
}

/* This thread's call is not followed: neither is an older one that missed its exit. */
static __always_inline void call_ignore(void)
{
	__u32 tid = bpf_get_current_pid_tgid();
	struct call *place = call_place(tid);

	if (place && place->tid == tid)
		call_leave(place, tid);
	else if (bpf_map_lookup_elem(&in_flight_overflow, &tid))
		bpf_map_delete_elem(&in_flight_overflow, &tid);
}

/* Which socket a call is on: the open file behind the descriptor. */
static __always_inline void call_name(struct call *call, struct task_struct *self, __u32 fd)
{
	struct file *file = self_file(self, fd);

	call->fd = fd;
	call->file = (__u64)file;
	call->inode = file_inode_number(file);
}

/* bind or getpeername begins. */
static __always_inline void call_enter(struct task_struct *self, __u32 fd, enum call_kind kind)
{
	struct call call = { .kind = kind, .task = (__u64)self };

	call_name(&call, self, fd);
	if (entry_of(call.file, call.inode))
		call_begin(&call);
	else
		call_ignore();
}

/*
 * A connection that nobody waited for, and that the other side reset: connect answers the reset
 * once, and the socket is as new (__inet_stream_connect(), net/ipv4/af_inet.c). Asked of few: two
 * reads that tell whether the socket is worth a closer look.
 */
static __always_inline bool connection_may_be_dead(__u64 file, const struct pending *entry)
{
	struct file *open = (struct file *)file;
	struct socket *socket;

	if (entry && !entry->evidence.connect_tries && !(entry->flags & PENDING_ORIGIN_UNKNOWN))
		return false;
	socket = BPF_CORE_READ(open, private_data);
	return BPF_CORE_READ(socket, state) == SS_CONNECTING;
}

/* What the entry has to say in connect_dissolves(): it may not be passed itself. */
#define KNOWN_UNSPEC_CALL 0x1 /* it is connect to AF_UNSPEC that asks */
#define KNOWN_AS_NEW 0x2      /* one has come before, while the socket was as new */
#define KNOWN_PORT 0x4	      /* connect has bound it to a port, and failed */

/*
 * To AF_UNSPEC connect ends a connection (connect(2)), and the socket is as new to
 * the kernel. Is there one to end? The socket is asked. A global function, for the verifier to go
 * through it once.
 */
__noinline int socket_dissolves(__u64 file, __u32 known)
{
	struct socket_view view = {};
	bool used;

	if (!view_open((struct file *)file, &view))
		return DISSOLVES_NOTHING;
	view_judge(&view);
	if (view.disconnected && known & KNOWN_AS_NEW)
		return DISSOLVES_NOTHING;
	used = view.use == USE_IN_USE && known & KNOWN_UNSPEC_CALL;
	if (view.use != USE_WAS_CONNECTED && !used)
		return DISSOLVES_NOTHING;
	if (!has_but_a_port(&view))
		return DISSOLVES_USE;
	return known & KNOWN_PORT ? DISSOLVES_NOTHING : DISSOLVES_PORT;
}

static __always_inline enum dissolves connect_dissolves(const struct call *call,
							const struct pending *entry)
{
	__u32 known = call->family == AF_UNSPEC ? KNOWN_UNSPEC_CALL : 0;

	if (!known && !connection_may_be_dead(call->file, entry))
		return DISSOLVES_NOTHING;
	if (known && entry && entry->flags & PENDING_USED)
		return DISSOLVES_USE;
	if (entry && entry->flags & PENDING_UNSPEC)
		known |= KNOWN_AS_NEW;
	if (entry && has_port_by_connect(entry))
		known |= KNOWN_PORT;
	return socket_dissolves(call->file, known);
}

/* Has it? To AF_UNSPEC by success, else by the answer that the connection was reset. */
static __always_inline bool connect_dissolved(const struct call *call, long result)
{
	return call->dissolves && (call->family == AF_UNSPEC ? !result : result < 0);
}

/*
 * connect on a socket that is not pending. It may end a connection; to a unix address it may
 * wait unseen. Any other call changes nothing that is reported.
 */
static __always_inline void connect_untracked(struct call *call)
{
	if (!call->dissolves && call->family != AF_UNIX)
		return call_ignore();
	call->untracked = 1;
	call_begin(call);
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
	struct call call = { .kind = CALL_CONNECT, .task = (__u64)self };
	struct pending *entry;

	call_name(&call, self, fd);
	entry = entry_open(call.file, call.inode);
	call.family =
		entry ? connect_destination(entry, address, len) : address_family(address, len);
	call.dissolves = connect_dissolves(&call, entry);
	if (!entry)
		return connect_untracked(&call);
	if (call.family == AF_UNSPEC && !call.dissolves) {
		entry->flags |= PENDING_UNSPEC;
		if (!entry_is_of(entry, call.inode))
			entry->flags &= ~PENDING_UNSPEC;
	}
	call_begin(&call);
	young_close(entry);
}

/*
 * A signal came before the end. The kernel may call it again by itself: at once, or when the
 * process goes on that the signal has stopped. Until then the thread waits (waits.bpf.h).
 */
static __always_inline bool call_restarts(long result)
{
	return result <= -ERESTARTSYS && result >= -ERESTART_RESTARTBLOCK;
}

/* The call that a thread is inside of, as far as is known; NULL: none that is followed. */
static __always_inline struct call *call_of(__u32 tid)
{
	struct call *place = call_place(tid);

	return place && place->tid == tid ? place : bpf_map_lookup_elem(&in_flight_overflow, &tid);
}

/*
 * Is a call followed that ends now? Asked of a thread that is not watched: it may have been when
 * the call began, in another cgroup, as another user or by another name. Not an older call, whose
 * end was missed: that was through another descriptor.
 */
static __always_inline bool call_is_followed(struct task_struct *self)
{
	struct pt_regs *regs = self_regs(self);
	struct call *call = call_of(self->pid);

	return call && regs && call->fd == (__u32)REGS_ARG1(regs);
}

/* Before Linux 5.15 nobody says where a thread's registers are: as far as the hooks know, then. */
static __always_inline bool registers_are_known(void)
{
	return bpf_core_enum_value_exists(enum bpf_func_id, BPF_FUNC_task_pt_regs);
}

/* The call of this kind that this thread ends; false if none is followed. */
static __always_inline bool call_exit(enum call_kind kind, long result, struct call *ret_call)
{
	bool stays = kind == CALL_CONNECT && call_restarts(result) && registers_are_known();
	__u32 tid = bpf_get_current_pid_tgid();
	struct call *place = call_place(tid), *other;

	if (place && place->tid == tid) {
		*ret_call = *place;
		if (stays)
			place->restarts = 1;
		else
			call_leave(place, tid);
		return ret_call->kind == kind;
	}
	other = bpf_map_lookup_elem(&in_flight_overflow, &tid);
	if (!other)
		return false;
	*ret_call = *other;
	if (stays)
		other->restarts = 1;
	else
		bpf_map_delete_elem(&in_flight_overflow, &tid);
	return ret_call->kind == kind;
}

/* See entry_is_of(): a new entry has 0 there. */
#define TAKE_BACK(field, written)         \
	do {                              \
		if ((field) == (written)) \
			(field) = 0;      \
	} while (0)

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

/* What the end of connect says of the socket of an entry. A function of its own, as above. */
__noinline int connect_note_end(struct pending *entry, const struct call *call, int result)
{
	if (!entry || !call)
		return 0;
	if (connect_dissolved(call, result)) {
		entry->flags |= PENDING_DISSOLVED;
		if (!entry_is_of(entry, call->inode))
			entry->flags &= ~PENDING_DISSOLVED;
	}
	if (call->family == AF_UNSPEC)
		return 0; /* connects nothing */
	if (!result || result == -EISCONN)
		pending_forget(entry, call->inode, PENDING_USED);
	else
		connect_failed(entry, call->inode, result);
	return 0;
}

static __always_inline void connect_exit(long result)
{
	struct call call = {};
	struct pending *entry = NULL;

	if (!call_exit(CALL_CONNECT, result, &call))
		return;
	if (!call.untracked)
		entry = entry_open(call.file, call.inode);
	if (entry) {
		connect_note_end(entry, &call, result);
		young_close(entry);
	} else if (connect_dissolved(&call, result)) {
		pending_add_dissolved(&call); /* a sweep may have ended its entry meanwhile */
	}
}

static __always_inline void bind_note_end(struct pending *entry, __u64 inode, long result)
{
	struct evidence *evidence = &entry->evidence;
	__u32 tries = evidence->bind_tries + 1;

	evidence->bind_tries = tries;
	if (result) {
		evidence->bind_errno = -result;
	} else {
		evidence->bound = 1;
		evidence->bind_worked = 1;
	}
	if (entry_is_of(entry, inode))
		return;
	TAKE_BACK(evidence->bind_tries, tries);
	if (result) {
		TAKE_BACK(evidence->bind_errno, (__s32)-result);
	} else {
		evidence->bound = 0; /* a sweep finds it out again */
		evidence->bind_worked = 0;
	}
}

static __always_inline void bind_exit(long result)
{
	struct call call = {};
	struct pending *entry;

	if (!call_exit(CALL_BIND, result, &call))
		return;
	entry = entry_open(call.file, call.inode);
	if (!entry)
		return;
	bind_note_end(entry, call.inode, result);
	young_close(entry);
}

static __always_inline __u16 pending_family(const struct pending *entry)
{
	struct file *file = (struct file *)entry->file;
	struct socket *socket;

	if (entry->family)
		return entry->family;
	socket = BPF_CORE_READ(file, private_data);
	return BPF_CORE_READ(socket, sk, __sk_common.skc_family);
}

static __always_inline void getpeername_note_end(struct pending *entry, __u64 inode, long result)
{
	__u32 times = entry->evidence.enotconn + 1;

	if (!result && pending_family(entry) != AF_NETLINK) /* has an answer for every socket */
		pending_forget(entry, inode, PENDING_USED);
	if (result != -ENOTCONN)
		return;
	entry->evidence.enotconn = times;
	if (times == 1)
		entry->evidence.first_enotconn_ns = bpf_ktime_get_boot_ns();
	if (!entry_is_of(entry, inode))
		TAKE_BACK(entry->evidence.enotconn, times);
}

static __always_inline void getpeername_exit(long result)
{
	struct call call = {};
	struct pending *entry;

	if (!call_exit(CALL_GETPEERNAME, result, &call))
		return;
	entry = entry_open(call.file, call.inode);
	if (!entry)
		return;
	getpeername_note_end(entry, call.inode, result);
	young_close(entry);
}

#endif /* CALLS_BPF_H */
