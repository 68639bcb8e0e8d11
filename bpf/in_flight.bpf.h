/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * in_flight: the calls that threads are inside of, from enter to exit, and the socket of each.
 * A request to io_uring is a call of the thread that carries it out.
 */
#ifndef IN_FLIGHT_BPF_H
#define IN_FLIGHT_BPF_H

#include "counters.bpf.h"
#include "stacks.bpf.h"
#include "uring.bpf.h"

/*
 * Key: thread id modulo the size. Value: the call of that thread, or of another one with the same
 * remainder. An array, because the locks and lists of a hash map would cost more than all else that
 * is done for a call. A thread has one call at a time. If an exit was missed, the next call
 * overwrites the old one, and the sweeps find a missed exit of connect (waits.bpf.h). --pin pins
 * the map: a thread that is inside connect when sockleak is restarted stays inside.
 */
struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, SOCKLEAK_MAX_IN_FLIGHT);
	__type(key, __u32);
	__type(value, struct call);
} in_flight SEC(".maps");

/*
 * Key: thread id. Value: its call, if another thread has its place in `in_flight`. If the map is
 * full, the result of the call is not noted (in_flight_full). --pin pins it, too.
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

/* The call that a thread is inside of; NULL if none is known. */
static __always_inline struct call *call_of(__u32 tid)
{
	struct call *place = call_place(tid);

	return place && CALL_TID(place) == tid ? place :
						 bpf_map_lookup_elem(&in_flight_overflow, &tid);
}

/* The kernel repeats a connect that a signal ended early: both are one try. */
static __always_inline void call_go_on(struct call *call, const struct call *before)
{
	if (before->restarts && before->inode == call->inode)
		call->restarts = 1;
}

/*
 * Put a call into its place. A sweep may look at the place at the same time, and end the call that
 * it finds there. So the owner is written last, with a number that no earlier call had, and until
 * then the place belongs to nobody. False: another thread has it.
 */
static __always_inline bool call_put(struct call *place, struct call *call, __u32 tid)
{
	__u64 before = *(volatile __u64 *)&place->owner;
	__u64 number = (before & CALL_NUMBER) + CALL_STEP;

	if ((__u32)before == tid)
		call_go_on(call, place);
	else if ((__u32)before)
		return false;
	call->owner = number | CALL_WRITING;
	if (__sync_val_compare_and_swap(&place->owner, before, call->owner) != before)
		return false;
	*place = *call;
	__sync_val_compare_and_swap(&place->owner, call->owner, number | tid);
	return true;
}

static __always_inline void call_begin(struct call *call)
{
	__u32 tid = bpf_get_current_pid_tgid();
	struct call *place = call_place(tid), *before;

	if (place && call_put(place, call, tid))
		return;
	before = bpf_map_lookup_elem(&in_flight_overflow, &tid);
	if (before)
		call_go_on(call, before);
	call->owner = bpf_ktime_get_boot_ns() << 32 | tid;
	if (bpf_map_update_elem(&in_flight_overflow, &tid, call, BPF_ANY))
		count(COUNTER_IN_FLIGHT_FULL);
}

/* The call with this owner is over. Nothing happens if the thread has begun another one. */
static __always_inline void call_leave(struct call *place, __u64 owner)
{
	__sync_val_compare_and_swap(&place->owner, owner, owner & CALL_NUMBER);
}

/* This thread's call is not followed: neither is an older one that missed its exit. */
static __always_inline void call_ignore(void)
{
	__u32 tid = bpf_get_current_pid_tgid();
	struct call *place = call_place(tid);

	if (place && CALL_TID(place) == tid)
		call_leave(place, place->owner);
	else if (bpf_map_lookup_elem(&in_flight_overflow, &tid))
		bpf_map_delete_elem(&in_flight_overflow, &tid);
}

/* The socket of a call: that of the open file behind the descriptor, or of io_uring's request. */
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
 * A signal ended the call early. The kernel may repeat it by itself: at once, or when a stopped
 * process goes on. Until then the thread waits (waits.bpf.h).
 */
static __always_inline bool call_restarts(long result)
{
	return result <= -ERESTARTSYS && result >= -ERESTART_RESTARTBLOCK;
}

/*
 * Is a call followed that ends now? This is asked for a thread that is not watched: it may have
 * been watched when the call began, in another cgroup, as another user or by another name. An
 * older call whose exit was missed had another descriptor.
 */
static __always_inline bool call_is_followed(struct task_struct *self)
{
	struct pt_regs *regs = self_regs(self);
	struct call *call = call_of(self->pid);

	return call && regs && call->fd == (__u32)PT_REGS_PARM1_CORE_SYSCALL(regs);
}

/* Before Linux 5.15 the registers of a thread cannot be found. */
static __always_inline bool registers_are_known(void)
{
	return bpf_core_enum_value_exists(enum bpf_func_id, BPF_FUNC_task_pt_regs);
}

/* The call of this kind that this thread ends; false if none is followed. */
static __always_inline bool call_exit(enum call_kind kind, bool uring, long result,
				      struct call *ret_call)
{
	__u32 tid = bpf_get_current_pid_tgid();
	struct call *call = call_of(tid);

	if (!call)
		return false;
	*ret_call = *call;
	if (kind == CALL_CONNECT && call_restarts(result))
		call->restarts = 1;
	else if (call == call_place(tid))
		call_leave(call, ret_call->owner);
	else
		bpf_map_delete_elem(&in_flight_overflow, &tid);
	return ret_call->kind == kind && !ret_call->request == !uring;
}

#endif /* IN_FLIGHT_BPF_H */
