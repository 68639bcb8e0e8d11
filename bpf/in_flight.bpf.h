/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * in_flight: the calls that threads are inside of, from their enter to their exit: which socket
 * each is on. Requests to io_uring are calls of the thread that carries them out.
 */
#ifndef IN_FLIGHT_BPF_H
#define IN_FLIGHT_BPF_H

#include "counters.bpf.h"
#include "stacks.bpf.h"
#include "uring.bpf.h"

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

/* Which socket a call is on: the open file behind the descriptor, or of io_uring's request. */
static __always_inline void call_name(struct call *call, struct task_struct *self, __u64 request,
				      __u32 fd)
{
	struct io_kiocb___request *req = (void *)request;
	struct file *file = request ? BPF_CORE_READ(req, file) : self_file(self, fd);

	call->fd = fd;
	call->request = request;
	call->file = (__u64)file;
	call->inode = file_inode_number(file);
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
static __always_inline bool call_exit(enum call_kind kind, bool uring, long result,
				      struct call *ret_call)
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
		return ret_call->kind == kind && !ret_call->request == !uring;
	}
	other = bpf_map_lookup_elem(&in_flight_overflow, &tid);
	if (!other)
		return false;
	*ret_call = *other;
	if (stays)
		other->restarts = 1;
	else
		bpf_map_delete_elem(&in_flight_overflow, &tid);
	return ret_call->kind == kind && !ret_call->request == !uring;
}

#endif /* IN_FLIGHT_BPF_H */
