/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * calls: connect, bind and getpeername on pending sockets, between their enter
 * (which knows the arguments) and their exit (which knows the result), and what
 * the result says about the socket.
 */
#ifndef CALLS_BPF_H
#define CALLS_BPF_H

#include "pending.bpf.h"

#define DEST_ROOM 128 /* SOCKLEAK_DEST_LEN up to a power of two, so that a mask bounds it */

struct call {
	struct fd_key key; /* of the entry in `pending` */
	__u64 inode;
	__u8 dest[DEST_ROOM];
	__u16 dest_len;
	__u8 pad[6];
};

/*
 * Key: thread. Value: its call on a pending socket. When it is full the result
 * of the call is not noted (in_flight_full). A thread has one call at a time, so
 * an entry that missed its exit is overwritten by the next.
 */
struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, SOCKLEAK_MAX_IN_FLIGHT);
	__type(key, __u32);
	__type(value, struct call);
} in_flight SEC(".maps");

static __always_inline void call_begin(struct call *call)
{
	__u32 tid = bpf_get_current_pid_tgid();

	if (bpf_map_update_elem(&in_flight, &tid, call, BPF_ANY)) {
		count(COUNTER_IN_FLIGHT_FULL);
		call->inode = 0;
	}
}

/* A call whose socket is not pending is not followed. */
static __always_inline void call_enter(__u32 fd)
{
	struct call call = {};
	struct pending *entry = pending_of_current(fd, &call.key);

	if (!entry)
		return;
	call.inode = entry->inode;
	call_begin(&call);
}

/* connect() to AF_UNSPEC ends a connection (connect(2)): the socket is as new then. */
static __always_inline bool dissolves(const void *address, __u32 len)
{
	__u16 family = AF_UNIX;

	return len >= sizeof(family) && !bpf_probe_read_user(&family, sizeof(family), address) &&
	       family == AF_UNSPEC;
}

static __always_inline void connect_enter(__u32 fd, const void *address, __u32 len)
{
	struct call call = {};
	struct pending *entry = pending_of_current(fd, &call.key);

	if (!entry && !dissolves(address, len))
		return;
	call.inode = entry ? entry->inode : file_inode_number(current_file(fd));
	if (len > SOCKLEAK_DEST_LEN)
		len = SOCKLEAK_DEST_LEN;
	barrier_var(len); /* or the compiler drops the mask, which the verifier needs */
	len &= DEST_ROOM - 1;
	if (bpf_probe_read_user(call.dest, len, address))
		count(COUNTER_DEST_UNREADABLE);
	else
		call.dest_len = len;
	call_begin(&call);
	if (call.inode && entry)
		__sync_fetch_and_add(&entry->connecting, 1);
}

/* The call that this thread ends, its socket's entry and that entry's key; NULL if none. */
static __always_inline struct pending *call_exit(struct call *ret_call)
{
	__u32 tid = bpf_get_current_pid_tgid();
	struct call *call = bpf_map_lookup_elem(&in_flight, &tid);
	struct pending *entry;

	if (!call)
		return NULL;
	*ret_call = *call;
	bpf_map_delete_elem(&in_flight, &tid);
	entry = pending_at(&ret_call->key, ret_call->inode);
	return entry ?: pending_by_inode(ret_call->inode, &ret_call->key);
}

static __always_inline bool call_interrupted(long result)
{
	return result == -EINTR || result == -EALREADY ||
	       (result <= -ERESTARTSYS && result >= -ERESTART_RESTARTBLOCK);
}

static __always_inline void connect_failed(struct pending *entry, struct call *call, long result)
{
	struct evidence *evidence = &entry->evidence;

	if (result != -EALREADY)
		evidence->connect_tries++;
	if (result == -EINPROGRESS || call_interrupted(result))
		evidence->connect_errno = 0; /* under way: its end is not known yet */
	else
		evidence->connect_errno = -result;
	evidence->dest_len = call->dest_len;
	__builtin_memcpy(evidence->dest, call->dest, SOCKLEAK_DEST_LEN);
}

static __always_inline void connect_exit(long result)
{
	struct call call = {};
	struct pending *entry = call_exit(&call);
	bool unspec = call.dest_len >= sizeof(__u16) && !call.dest[0] && !call.dest[1];

	if (!entry) {
		if (unspec && !result)
			pending_add_dissolved(&call.key, call.inode);
		return;
	}
	__sync_fetch_and_add(&entry->connecting, -1);
	if (unspec)
		return; /* connects nothing */
	if (!result || result == -EISCONN)
		pending_forget(&call.key, entry, PENDING_USED);
	else
		connect_failed(entry, &call, result);
}

static __always_inline void bind_exit(long result)
{
	struct call call = {};
	struct pending *entry = call_exit(&call);

	if (!entry)
		return;
	entry->evidence.bind_tries++;
	if (result)
		entry->evidence.bind_errno = -result;
	else
		entry->evidence.bound = 1;
}

static __always_inline void getpeername_exit(long result)
{
	struct call call = {};
	struct pending *entry = call_exit(&call);

	if (!entry)
		return;
	if (!result) {
		pending_forget(&call.key, entry, PENDING_USED);
	} else if (result == -ENOTCONN) {
		if (!entry->evidence.enotconn++)
			entry->evidence.first_enotconn_ns = bpf_ktime_get_boot_ns();
	}
}

#endif /* CALLS_BPF_H */
