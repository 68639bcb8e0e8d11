/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * calls: what connect, bind and getpeername say about pending sockets. The enter of a call knows
 * the arguments and its exit the result.
 */
#ifndef CALLS_BPF_H
#define CALLS_BPF_H

#include "classes.bpf.h"
#include "in_flight.bpf.h"
#include "pending.bpf.h"
#include "tries.bpf.h"

/* bind or getpeername begins: by `request` of io_uring, or 0 and a descriptor. */
static __always_inline void call_enter(struct task_struct *self, __u64 request, __u32 fd,
				       enum call_kind kind)
{
	struct call call = { .kind = kind, .task = (__u64)self };

	call_name(&call, self, request, fd);
	if (entry_of(call.file, call.inode))
		call_begin(&call);
	else
		call_ignore();
}

/*
 * Nobody waited for the connection, and the other side reset it: connect reports the reset once,
 * and the socket is as new (__inet_stream_connect(), net/ipv4/af_inet.c). Two reads show whether a
 * closer look is worthwhile.
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

static __always_inline __u16 file_family(__u64 file)
{
	struct file *open = (struct file *)file;
	struct socket *socket = BPF_CORE_READ(open, private_data);

	return BPF_CORE_READ(socket, sk, __sk_common.skc_family);
}

/*
 * connect_dissolves() tells socket_dissolves() this about the entry. With the entry itself as an
 * argument the verifier goes through half as many instructions again.
 */
#define KNOWN_UNSPEC_CALL 0x1 /* the call is connect to AF_UNSPEC */
#define KNOWN_AS_NEW 0x2      /* there was one before, while the socket was as new */
#define KNOWN_PORT 0x4	      /* connect has bound it to a port, and failed */

/*
 * connect to AF_UNSPEC ends a connection (connect(2)), and the socket is as new to the kernel. The
 * socket shows whether there is a connection. A global function, so that the verifier goes through
 * it once.
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
	used = (view.use == USE_IN_USE || view.use == USE_HALF_CLOSED) && known & KNOWN_UNSPEC_CALL;
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

/*
 * AF_UNSPEC has ended the connection if the call succeeded. A reset connection has ended if it
 * failed.
 */
static __always_inline bool connect_dissolved(const struct call *call, long result)
{
	return call->dissolves && (call->family == AF_UNSPEC ? !result : result < 0);
}

/*
 * connect on a socket that is not pending. It may end a connection, and on a unix socket it may
 * wait unseen. Any other call changes nothing that is reported.
 */
static __always_inline void connect_untracked(struct call *call)
{
	if (!call->dissolves && call->family != AF_UNIX)
		return call_ignore();
	call->untracked = 1;
	call_begin(call);
}

/* Read the caller's memory, or the kernel's copy if there is one (io_uring). */
static __always_inline long address_read(void *to, __u64 len, const void *address, const void *copy)
{
	return copy ? bpf_probe_read_kernel(to, len, copy) : bpf_probe_read_user(to, len, address);
}

/*
 * Note the destination in the entry. At enter, because the kernel reads the caller's memory then.
 * If connect succeeds, the entry ends, so what stays is the destination of a failed try, or of one
 * that is under way.
 */
static __always_inline void connect_note(struct pending *entry, const void *address,
					 const void *copy, __u64 len)
{
	struct evidence *evidence = &entry->evidence;

	if (len > SOCKLEAK_DEST_LEN)
		len = SOCKLEAK_DEST_LEN;
	barrier_var(len); /* or the compiler drops the check, which the verifier needs */
	if (len > SOCKLEAK_DEST_LEN)
		return;
	if (address_read(evidence->dest, len, address, copy)) {
		count(COUNTER_DEST_UNREADABLE);
		len = 0;
	}
	evidence->dest_len = len;
}

static __always_inline __u16 address_family(const void *address, const void *copy, __u32 len)
{
	__u16 family;

	if (len < sizeof(family) || address_read(&family, sizeof(family), address, copy))
		return AF_UNREADABLE;
	return family;
}

static __always_inline __u16 noted_family(const struct evidence *evidence)
{
	__u16 family = AF_UNREADABLE;

	if (evidence->dest_len >= sizeof(family))
		__builtin_memcpy(&family, evidence->dest, sizeof(family));
	return family;
}

/*
 * Does a request of io_uring go on, or does a new one connect the socket after an earlier request
 * was cancelled? A request that goes on has found the connect under way. It may also wait for a
 * place in the queue of a unix listener, and then only the same destination shows that it goes on.
 */
static __always_inline bool request_goes_on(const struct pending *entry, const struct call *call,
					    const void *copy)
{
	if (!entry || !(entry->flags & PENDING_RESTARTS))
		return false;
	if (noted_family(&entry->evidence) != AF_UNIX)
		return request_in_progress(call->request);
	return is_same_address(copy, entry->evidence.dest, entry->evidence.dest_len);
}

/*
 * Note the destination, and return its family. For a first try the family is read from what
 * was noted, because reading the caller's memory is expensive. A request of io_uring that goes on
 * has its destination noted.
 */
static __always_inline __u16 connect_destination(struct pending *entry, const struct call *call,
						 const void *address, const void *copy, __u32 len)
{
	struct evidence *evidence = &entry->evidence;
	bool first = !evidence->dest_len;
	__u16 family;

	if (call->request && call->restarts)
		return noted_family(evidence);
	family = first ? AF_UNREADABLE : address_family(address, copy, len);
	if (first || family != AF_UNSPEC)
		connect_note(entry, address, copy, len);
	if (!first)
		return family;
	family = noted_family(evidence);
	if (family == AF_UNSPEC)
		evidence->dest_len = 0; /* that is not a try */
	return family;
}

/* By `request` of io_uring, or 0 and a descriptor. */
static __always_inline void connect_enter(struct task_struct *self, __u64 request, __u32 fd,
					  const void *address, __u32 len)
{
	struct call call = { .kind = CALL_CONNECT, .task = (__u64)self };
	const void *copy = NULL;
	struct pending *entry;

	call_name(&call, self, request, fd);
	if (request)
		copy = request_address(request, file_family(call.file));
	entry = entry_open(call.file, call.inode);
	call.restarts = request && request_goes_on(entry, &call, copy);
	call.family = entry ? connect_destination(entry, &call, address, copy, len) :
			      address_family(address, copy, len);
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

/* See entry_is_of(): a new entry has 0 there. */
#define TAKE_BACK(field, written)         \
	do {                              \
		if ((field) == (written)) \
			(field) = 0;      \
	} while (0)

static __always_inline void connect_failed(struct pending *entry, const struct call *call,
					   long result)
{
	bool under_way = result == -EINPROGRESS || result == -EINTR || result == -EALREADY;
	struct evidence *evidence = &entry->evidence;
	__u32 tries = evidence->connect_tries + !(call->restarts || result == -EALREADY);
	__s32 error = under_way ? 0 : -result; /* under way: its end is not known yet */

	evidence->connect_tries = tries;
	if (!call_restarts(result))
		evidence->connect_errno = error;
	if (call->request && call_restarts(result))
		entry->flags |= PENDING_RESTARTS;
	else if (entry->flags & PENDING_RESTARTS)
		entry->flags &= ~PENDING_RESTARTS;
	if (entry_is_of(entry, call->inode))
		return;
	TAKE_BACK(evidence->connect_tries, tries);
	TAKE_BACK(evidence->connect_errno, error);
}

/* Notes what the end of connect says about the socket of an entry. A global function, as above. */
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
		connect_failed(entry, call, result);
	return 0;
}

/*
 * A connect that is under way may fail later, in no call: its stack is the one to keep. The call
 * that asks again has its own, which says less.
 */
static __always_inline bool connect_is_failed_try(const struct call *call, long result)
{
	return result < 0 && result != -EISCONN && result != -EALREADY && !call_restarts(result) &&
	       call->family != AF_UNSPEC;
}

/* `uring`: of a request, whose result is in it. */
static __always_inline void connect_exit(long result, bool uring)
{
	struct call call = {};
	struct pending *entry = NULL;

	if (!call_exit(CALL_CONNECT, uring, result, &call))
		return;
	if (uring)
		result = request_result(call.request, result);
	if (!call.untracked)
		entry = entry_open(call.file, call.inode);
	if (entry) {
		connect_note_end(entry, &call, result);
		if (connect_is_failed_try(&call, result))
			try_failed(entry, &call, CALL_CONNECT);
		young_close(entry);
	} else if (connect_dissolved(&call, result)) {
		pending_add_dissolved(&call); /* a sweep may have ended its entry */
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

static __always_inline void bind_exit(long result, bool uring)
{
	struct call call = {};
	struct pending *entry;

	if (!call_exit(CALL_BIND, uring, result, &call))
		return;
	if (uring)
		result = request_result(call.request, result);
	entry = entry_open(call.file, call.inode);
	if (!entry)
		return;
	bind_note_end(entry, call.inode, result);
	if (result && !evidence_outweighs(&entry->evidence, CALL_BIND))
		try_failed(entry, &call, CALL_BIND);
	young_close(entry);
}

static __always_inline void getpeername_note_end(struct pending *entry, __u64 inode, long result)
{
	__u32 times = entry->evidence.enotconn + 1;

	if (!result && file_family(entry->file) != AF_NETLINK) /* has an answer for every socket */
		pending_forget(entry, inode, PENDING_USED);
	if (result != -ENOTCONN)
		return;
	entry->evidence.enotconn = times;
	if (times == 1 && !(entry->flags & PENDING_DEAD))
		entry->evidence.first_enotconn_ns = bpf_ktime_get_boot_ns();
	if (!entry_is_of(entry, inode))
		TAKE_BACK(entry->evidence.enotconn, times);
}

static __always_inline void getpeername_exit(long result)
{
	struct call call = {};
	struct pending *entry;

	if (!call_exit(CALL_GETPEERNAME, false, result, &call))
		return;
	entry = entry_open(call.file, call.inode);
	if (!entry)
		return;
	getpeername_note_end(entry, call.inode, result);
	if (result == -ENOTCONN && !evidence_outweighs(&entry->evidence, CALL_GETPEERNAME))
		try_failed(entry, &call, CALL_GETPEERNAME);
	young_close(entry);
}

#endif /* CALLS_BPF_H */
