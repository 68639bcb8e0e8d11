/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* stacks: where in the program a socket is created. */
#ifndef STACKS_BPF_H
#define STACKS_BPF_H

#include "arch.bpf.h"
#include "counters.bpf.h"
#include "kernel.bpf.h"

/*
 * Key: stack id, the hash of a user stack. Value: its return addresses, innermost first, as far as
 * frame pointers lead. Sized by --max-stacks. If another stack has the bucket, the new one is lost
 * and counted (BPF_F_REUSE_STACKID would show the wrong stack instead).
 */
struct {
	__uint(type, BPF_MAP_TYPE_STACK_TRACE);
	__uint(max_entries, SOCKLEAK_MAX_STACKS);
	__uint(key_size, sizeof(__u32));
	__uint(value_size, SOCKLEAK_STACK_DEPTH * sizeof(__u64));
} stacks SEC(".maps");

/* The stack id of the current user stack, or -errno, counted. */
static __always_inline __s32 stack_take(void *ctx)
{
	long id = bpf_get_stackid(ctx, &stacks, BPF_F_USER_STACK);

	if (id >= 0)
		return id;
	if (id == -EEXIST)
		count(COUNTER_STACK_COLLISION);
	else if (id == -EFAULT)
		count(COUNTER_STACK_FAULT);
	else
		count(COUNTER_STACK_OTHER);
	return id;
}

/*
 * The user's registers at the system call; NULL before Linux 5.15. Plain loads read them, because
 * the verifier knows their type.
 */
static __always_inline struct pt_regs *self_regs(struct task_struct *self)
{
	if (!bpf_core_enum_value_exists(enum bpf_func_id, BPF_FUNC_task_pt_regs))
		return NULL;
	return (void *)bpf_task_pt_regs(self);
}

/*
 * Does io_uring work for the call that the thread is inside of? A thread of io_uring has no user's
 * registers. A request that was put off may be carried out in another system call, or in an
 * io_uring_enter() that submits nothing and waits.
 */
static __always_inline bool is_in_uring_call(struct task_struct *self)
{
	struct pt_regs *regs = self_regs(self);

	return regs && !(self->flags & PF_IO_WORKER) && REGS_SYSCALL(regs) == NR_IO_URING_ENTER &&
	       (__u32)PT_REGS_PARM2_CORE_SYSCALL(regs);
}

static __always_inline struct pt_regs *user_regs(void)
{
	return self_regs(bpf_get_current_task_btf());
}

/*
 * Where the stack of the current thread begins and grows down from. For all threads but the first
 * it is not known, but C libraries put their control block there. If the code runs on a stack that
 * the program made, it may be anywhere.
 */
static __always_inline __u64 self_stack_end(struct task_struct *self)
{
	return self->pid == self->tgid ? self_start_stack(self) : thread_pointer(self);
}

#endif /* STACKS_BPF_H */
