/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * refusals: by process, the calls of socket() that failed for want of a descriptor: with EMFILE the
 * process is at its limit, with ENFILE the host is. A leak of descriptors ends so, whatever leaked.
 * Nothing here runs when socket() succeeds.
 */
#ifndef REFUSALS_BPF_H
#define REFUSALS_BPF_H

#include "counters.bpf.h"
#include "kernel.bpf.h"
#include "snapshots.bpf.h"
#include "stacks.bpf.h"

#define EMFILE 24
#define ENFILE 23
#define SOCK_TYPE_MASK 0xf /* include/linux/net.h: above it are SOCK_CLOEXEC and SOCK_NONBLOCK */

/*
 * Key: a process and the error. Value: its calls that failed so. User space reads it after a sweep
 * in which some did, and removes processes that have ended or not failed for long. If it is full,
 * the process is not kept (refusals_full). --pin does not keep it: a process that is still at its
 * limit fails again.
 */
struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, SOCKLEAK_MAX_REFUSALS);
	__type(key, struct refusal_key);
	__type(value, struct refusal);
} refusals SEC(".maps");

/* The content of a new entry. Not on the stack, of which a program has little. */
static const volatile struct refusal no_refusal;

static __always_inline struct refusal *refusal_of(const struct refusal_key *key)
{
	struct refusal *refusal = bpf_map_lookup_elem(&refusals, key);

	if (refusal)
		return refusal;
	bpf_map_update_elem(&refusals, key, (const void *)&no_refusal, BPF_NOEXIST);
	return bpf_map_lookup_elem(&refusals, key); /* another thread may have made it */
}

/* Is it of another process that had this id, or of a program before an exec? */
static __always_inline bool refusal_is_stale(const struct refusal *refusal,
					     struct task_struct *self, struct task_struct *leader)
{
	return refusal->noted == REFUSAL_NOTED && (refusal->process_ns != leader->start_boottime ||
						   refusal->exec_id != (__u32)self->self_exec_id);
}

/* The socket that was asked for: the registers still have the arguments. */
static __always_inline void refusal_ask(struct refusal *refusal, struct pt_regs *regs)
{
	refusal->family = PT_REGS_PARM1_CORE_SYSCALL(regs);
	refusal->type = PT_REGS_PARM2_CORE_SYSCALL(regs) & SOCK_TYPE_MASK;
}

/* Where the first call comes from. Only that one has a snapshot; the next ones are counted. */
static __always_inline void refusal_origin(void *ctx, struct task_struct *self,
					   const struct refusal_key *key, struct refusal *refusal)
{
	struct pt_regs *regs = self_regs(self);
	long stack_id;

	refusal->origin = refusal->caller = refusal->has_stack = 0;
	if (regs) {
		refusal->origin = PT_REGS_IP(regs);
		refusal->caller = wrapper_caller(regs);
		refusal_ask(refusal, regs);
	}
	snapshot_drop(REFUSAL_INODE(key)); /* of the spell before, of another program's */
	if (regs && settings.stack_size &&
	    !snapshot_take(REFUSAL_INODE(key), refusal->first_ns, CALL_NONE, 0, &refusal->slot))
		return;
	stack_id = stack_take(ctx);
	if (stack_id < 0)
		return;
	refusal->origin = stack_id;
	refusal->has_stack = 1;
}

/* Called by the one thread that won. User space does not read the entry until it is finished. */
static __always_inline void refusal_begin(void *ctx, struct task_struct *self,
					  struct task_struct *leader, const struct refusal_key *key,
					  struct refusal *refusal)
{
	refusal->first_ns = bpf_ktime_get_boot_ns();
	refusal->process_ns = leader->start_boottime;
	refusal->cgroup_id = bpf_get_current_cgroup_id();
	refusal->exec_id = self->self_exec_id;
	refusal->uid = (__u32)bpf_get_current_uid_gid();
	self_comm(leader, refusal->comm);
	refusal_origin(ctx, self, key, refusal);
	__sync_val_compare_and_swap(&refusal->noted, REFUSAL_BEING_NOTED, REFUSAL_NOTED);
}

/*
 * For each pointer that is loaded from the current task, the verifier of Linux 6.18 searches all
 * types of the kernel several times: 1 ms for each path that leads there. So the leader is looked
 * up once, and the helpers are not too slow here.
 */
static __always_inline void refusal_keep(void *ctx, struct task_struct *self,
					 const struct refusal_key *key)
{
	struct task_struct *leader = self->group_leader;
	struct refusal *refusal = refusal_of(key);

	if (!refusal) {
		count(COUNTER_REFUSALS_FULL);
		return;
	}
	if (refusal_is_stale(refusal, self, leader)) {
		refusal->count = 0;
		refusal->noted = REFUSAL_EMPTY;
	}
	if (__sync_val_compare_and_swap(&refusal->noted, REFUSAL_EMPTY, REFUSAL_BEING_NOTED) ==
	    REFUSAL_EMPTY)
		refusal_begin(ctx, self, leader, key, refusal);
	refusal->last_ns = bpf_ktime_get_boot_ns();
	ADD_IN_ORDER(&refusal->count, 1);
}

/*
 * The current thread's call of socket() has failed with `error`. Counted last: user space
 * reads the map when the counter has changed, and then finds what was counted.
 */
static __always_inline void refusal_note(void *ctx, struct task_struct *self, __s32 error)
{
	struct refusal_key key = { .tgid = self->tgid, .error = error };

	refusal_keep(ctx, self, &key);
	count(error == EMFILE ? COUNTER_SOCKET_EMFILE : COUNTER_SOCKET_ENFILE);
}

static __always_inline bool is_refusal(long result)
{
	return result == -EMFILE || result == -ENFILE;
}

#endif /* REFUSALS_BPF_H */
