/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * arch: what differs between processors, in one block each: system call numbers, registers, and
 * where the return address of the caller's wrapper is.
 */
#ifndef ARCH_BPF_H
#define ARCH_BPF_H

#include "vmlinux.h"
#include <bpf/bpf_core_read.h>
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_tracing.h>

#define NR_IO_URING_ENTER 426 /* on all of them */

/*
 * Add, so that whoever sees the sum sees all that was written before. On arm64 only an atomic
 * operation whose result is used does that.
 */
#define ADD_IN_ORDER(to, value)                                          \
	({                                                               \
		typeof(*(to)) before_ = __sync_fetch_and_add(to, value); \
		asm volatile("" ::"r"(before_));                         \
	})

#if defined(__TARGET_ARCH_x86)
#define NR_CLOSE 3
#define NR_SOCKET 41
#define NR_CONNECT 42
#define NR_BIND 49
#define NR_GETPEERNAME 52
#define NR_COMPAT_CONNECT 362
#define NR_COMPAT_SOCKETCALL 102
#define TS_COMPAT 0x0002 /* arch/x86/include/asm/thread_info.h: inside a 32-bit system call */
#define REGS_SYSCALL(regs) BPF_CORE_READ(regs, orig_ax)
/* The thread is inside a system call and has no result yet. */
#define REGS_UNDECIDED(regs) ((__s32)PT_REGS_RC_CORE(regs) == -ENOSYS)
/* A signal makes the kernel forget which call it was: not here. */
#define REGS_FORGET(regs) false
#define SYSCALL_ENTRY "__x64_sys_" /* a 64-bit call's; is given the user's registers */
/* Write eight bytes behind all that was written before: x86 does so with all writes. */
#define WRITE_IN_ORDER(to, value)                   \
	do {                                        \
		barrier();                          \
		*(volatile __u64 *)&(to) = (value); \
		barrier();                          \
	} while (0)

/* 32-bit calls have other numbers; their sockets are found by the sweep. */
static __always_inline bool in_compat_syscall(void)
{
	struct task_struct *task = (void *)bpf_get_current_task();

	return BPF_CORE_READ(task, thread_info.status) & TS_COMPAT;
}

/* The C library's socket() has no frame: its return address is on top of the stack. */
static __always_inline __u64 wrapper_caller(struct pt_regs *regs)
{
	__u64 caller = 0;

	bpf_probe_read_user(&caller, sizeof(caller), (void *)regs->sp);
	return caller;
}

/* DWARF's numbering: System V ABI, AMD64 supplement, figure 3.36. */
#define ARCH_REGS 17
static __always_inline void arch_regs(struct pt_regs *regs, __u64 *ret_regs)
{
	ret_regs[0] = regs->ax;
	ret_regs[1] = regs->dx;
	ret_regs[2] = regs->cx;
	ret_regs[3] = regs->bx;
	ret_regs[4] = regs->si;
	ret_regs[5] = regs->di;
	ret_regs[6] = regs->bp;
	ret_regs[7] = regs->sp;
	ret_regs[8] = regs->r8;
	ret_regs[9] = regs->r9;
	ret_regs[10] = regs->r10;
	ret_regs[11] = regs->r11;
	ret_regs[12] = regs->r12;
	ret_regs[13] = regs->r13;
	ret_regs[14] = regs->r14;
	ret_regs[15] = regs->r15;
	ret_regs[16] = regs->ip;
}

/* Where the C library has the control block of the current thread. */
static __always_inline __u64 thread_pointer(struct task_struct *self)
{
	return self->thread.fsbase;
}

/*
 * The kernel puts this at the upper end of a signal handler's stack: struct rt_sigframe
 * (arch/x86/include/asm/sigframe.h), right below the state of the FPU, which begins at a multiple
 * of 64 and takes 512 bytes to 12 KiB, by processor (get_sigframe() and fpu__alloc_mathframe() in
 * arch/x86/kernel).
 */
#define SIGFRAME_ALIGN 64
#define SIGFRAME_ABOVE 512 /* bytes that follow it at least, */
#define SIGFRAME_STEPS 192 /* and how many places below that it may have */
#define SIGFRAME_BYTES 456 /* its own */
#define SIGFRAME_STACK 24  /* where it has uc.uc_stack, */
#define SIGFRAME_SP 168	   /* uc.uc_mcontext.sp */
#define SIGFRAME_FPU 232   /* and uc.uc_mcontext.fpstate */

/* Is it as the kernel writes it? */
static __always_inline bool sigframe_fits(__u64 frame)
{
	__u64 fpu;

	return !bpf_probe_read_user(&fpu, sizeof(fpu), (void *)(frame + SIGFRAME_FPU)) &&
	       fpu == frame + SIGFRAME_BYTES;
}
#elif defined(__TARGET_ARCH_arm64)
/* Compiled, but not run yet. The types that differ are flavours, so any vmlinux.h will do. */
#define NR_CLOSE 57
#define NR_SOCKET 198
#define NR_BIND 200
#define NR_CONNECT 203
#define NR_GETPEERNAME 205
#define NR_COMPAT_CONNECT 283
#define NR_COMPAT_SOCKETCALL 102
#define TIF_32BIT 22 /* arch/arm64/include/asm/thread_info.h: a 32-bit process */

/* By these PT_REGS_*() of bpf_tracing.h read. */
struct user_pt_regs {
	__u64 regs[31];
	__u64 sp;
	__u64 pc;
} __attribute__((preserve_access_index));

struct pt_regs___call {
	__s32 syscallno;
} __attribute__((preserve_access_index));

struct task_struct___arm64 {
	struct {
		struct {
			unsigned long tp_value;
		} uw;
	} thread;
} __attribute__((preserve_access_index));

#define REGS_SYSCALL(regs) BPF_CORE_READ((struct pt_regs___call *)(regs), syscallno)
/* The first argument stands where the result will be. */
#define REGS_UNDECIDED(regs) (PT_REGS_RC_CORE(regs) == PT_REGS_PARM1_CORE_SYSCALL(regs))
#define REGS_FORGET(regs) ((__s32)REGS_SYSCALL(regs) == -1) /* forget_syscall() */
#define SYSCALL_ENTRY "__arm64_sys_"
#define WRITE_IN_ORDER(to, value) asm volatile("" ::"r"(__sync_lock_test_and_set(&(to), value)))

static __always_inline bool in_compat_syscall(void)
{
	struct task_struct *task = (void *)bpf_get_current_task();

	return BPF_CORE_READ(task, thread_info.flags) & 1 << TIF_32BIT;
}

/* The C library's socket() has no frame: its return address is in the link register. */
static __always_inline __u64 wrapper_caller(struct pt_regs *regs)
{
	return ((struct user_pt_regs *)regs)->regs[30];
}

/* DWARF's numbering: DWARF for the Arm 64-bit Architecture, 4.1; the last is the pc. */
#define ARCH_REGS 33
static __always_inline void arch_regs(struct pt_regs *regs, __u64 *ret_regs)
{
	struct user_pt_regs *user = (void *)regs;

	bpf_core_read(ret_regs, sizeof(user->regs), &user->regs);
	ret_regs[31] = BPF_CORE_READ(user, sp);
	ret_regs[32] = BPF_CORE_READ(user, pc);
}

/* Below it the C library has its control block of the thread, and then the stack. */
static __always_inline __u64 thread_pointer(struct task_struct *self)
{
	return ((struct task_struct___arm64 *)self)->thread.uw.tp_value;
}

/*
 * struct rt_sigframe of arch/arm64/kernel/signal.c, with the state of the FPU
 * within it, and a frame record above (get_sigframe(), setup_sigframe_layout()).
 */
#define SIGFRAME_ALIGN 16
#define SIGFRAME_ABOVE 16
#define SIGFRAME_STEPS 192 /* it is larger for vectors of more than 512 bits */
#define SIGFRAME_BYTES 4688
#define SIGFRAME_STACK 144 /* uc.uc_stack */
#define SIGFRAME_SP 560	   /* uc.uc_mcontext.sp */
#define SIGFRAME_FPU 592   /* the first record of uc.uc_mcontext.__reserved */
#define FPSIMD_MAGIC 0x46508001

static __always_inline bool sigframe_fits(__u64 frame)
{
	__u32 magic;

	return !bpf_probe_read_user(&magic, sizeof(magic), (void *)(frame + SIGFRAME_FPU)) &&
	       magic == FPSIMD_MAGIC;
}
#else
#error "sockleak's kernel side has no bpf/arch.bpf.h block for this architecture yet"
#endif

#endif /* ARCH_BPF_H */
