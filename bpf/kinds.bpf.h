/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * kinds: the ways in which the kernel can show system calls, each with a program for each body of
 * sockleak.bpf.c, which includes this file behind them. User space chooses one kind by the table of
 * hook_kinds.c, and finds its programs and what they are attached to by their sections. No other
 * program is loaded ("?").
 *
 * socket and connect are met at functions to which 32-bit programs come as well; the other calls at
 * the entries of the 64-bit system calls, whose names no kernel has changed. Functions to which
 * only io_uring comes ("uring") are attached to if the kernel has them: kernel/hooks/hooks.c.
 */
#ifndef KINDS_BPF_H
#define KINDS_BPF_H

#include "arch.bpf.h"
#include "filter.bpf.h"

#define PROGRAM(section, name, context, body) \
	SEC("?" section)                      \
	int name(context *ctx)                \
	{                                     \
		return body;                  \
	}

/* ---- fentry: __sys_connect(fd, address, len), its result behind its arguments. ---- */

#define FENTRY(function, name, body) PROGRAM("fentry/" function, fentry_enter_##name, __u64, body)
#define FEXIT(function, name, body) PROGRAM("fexit/" function, fentry_exit_##name, __u64, body)
#define FENTRY_FD PT_REGS_PARM1((struct pt_regs *)ctx[0]) /* of a system call's entry */

/*
 * The verifier knows the type of a pointer that a function takes or returns, and allows no sums
 * with it.
 */
static __always_inline __u64 untyped(const __u64 *value)
{
	__u64 number = 0;

	bpf_probe_read_kernel(&number, sizeof(number), value);
	return number;
}

FENTRY("__sys_socket", socket, on_socket_enter())
FEXIT("__sys_socket", socket, on_socket_exit(ctx, (int)ctx[3]))
FENTRY("__sys_connect", connect, on_connect_enter(ctx[0], (void *)ctx[1], ctx[2]))
FEXIT("__sys_connect", connect, on_connect_exit((int)ctx[3], false))
FENTRY(SYSCALL_ENTRY "bind", bind, on_bind_enter(0, FENTRY_FD))
FEXIT(SYSCALL_ENTRY "bind", bind, on_bind_exit(ctx[1], false))
FENTRY(SYSCALL_ENTRY "getpeername", getpeername, on_getpeername_enter(FENTRY_FD))
FEXIT(SYSCALL_ENTRY "getpeername", getpeername, on_getpeername_exit(ctx[1]))
FENTRY(SYSCALL_ENTRY "close", close, on_close_enter(FENTRY_FD))
FEXIT(SYSCALL_ENTRY "close", close, on_close_exit())
FEXIT("__sys_socket_file", uring_socket, on_uring_socket_exit(ctx, untyped(&ctx[3])))
FENTRY("io_connect", uring_connect, on_uring_connect_enter(untyped(&ctx[0])))
FEXIT("io_connect", uring_connect, on_connect_exit((int)ctx[2], true))
FENTRY("io_bind", uring_bind, on_bind_enter(untyped(&ctx[0]), NO_FD))
FEXIT("io_bind", uring_bind, on_bind_exit((int)ctx[2], true))

/* ---- kprobe.multi: the same functions, by the registers that they were called with. ---- */

#define KPROBE(function, name, body) \
	PROGRAM("kprobe.multi/" function, kprobe_enter_##name, struct pt_regs, body)
#define KRETPROBE(function, name, body) \
	PROGRAM("kretprobe.multi/" function, kprobe_exit_##name, struct pt_regs, body)
#define KPROBE_FD PT_REGS_PARM1_CORE_SYSCALL(PT_REGS_SYSCALL_REGS(ctx))
#define KPROBE_RESULT (int)PT_REGS_RC(ctx)

KPROBE("__sys_socket", socket, on_socket_enter())
KRETPROBE("__sys_socket", socket, on_socket_exit(ctx, KPROBE_RESULT))
KPROBE("__sys_connect", connect,
       on_connect_enter(PT_REGS_PARM1(ctx), (void *)PT_REGS_PARM2(ctx), PT_REGS_PARM3(ctx)))
KRETPROBE("__sys_connect", connect, on_connect_exit(KPROBE_RESULT, false))
KPROBE(SYSCALL_ENTRY "bind", bind, on_bind_enter(0, KPROBE_FD))
KRETPROBE(SYSCALL_ENTRY "bind", bind, on_bind_exit(KPROBE_RESULT, false))
KPROBE(SYSCALL_ENTRY "getpeername", getpeername, on_getpeername_enter(KPROBE_FD))
KRETPROBE(SYSCALL_ENTRY "getpeername", getpeername, on_getpeername_exit(KPROBE_RESULT))
KPROBE(SYSCALL_ENTRY "close", close, on_close_enter(KPROBE_FD))
KRETPROBE(SYSCALL_ENTRY "close", close, on_close_exit())
KRETPROBE("__sys_socket_file", uring_socket, on_uring_socket_exit(ctx, PT_REGS_RC(ctx)))
KPROBE("io_connect", uring_connect, on_uring_connect_enter(PT_REGS_PARM1(ctx)))
KRETPROBE("io_connect", uring_connect, on_connect_exit(KPROBE_RESULT, true))
KPROBE("io_bind", uring_bind, on_bind_enter(PT_REGS_PARM1(ctx), NO_FD))
KRETPROBE("io_bind", uring_bind, on_bind_exit(KPROBE_RESULT, true))

/* ---- tracepoint: those of the calls themselves, as perf events. ---- */

#define ENTER(name, body)                                                 \
	PROGRAM("tracepoint/syscalls/sys_enter_" #name, sys_enter_##name, \
		struct trace_event_raw_sys_enter, body)
#define EXIT(name, body)                                                \
	PROGRAM("tracepoint/syscalls/sys_exit_" #name, sys_exit_##name, \
		struct trace_event_raw_sys_exit, body)

ENTER(socket, on_socket_enter())
EXIT(socket, on_socket_exit(ctx, ctx->ret))
ENTER(connect, on_connect_enter(ctx->args[0], (void *)ctx->args[1], ctx->args[2]))
EXIT(connect, on_connect_exit(ctx->ret, false))
ENTER(bind, on_bind_enter(0, ctx->args[0]))
EXIT(bind, on_bind_exit(ctx->ret, false))
ENTER(getpeername, on_getpeername_enter(ctx->args[0]))
EXIT(getpeername, on_getpeername_exit(ctx->ret))
ENTER(close, on_close_enter(ctx->args[0]))
EXIT(close, on_close_exit())

/* ---- raw_syscalls and raw_tp: at every system call, with a dispatch on its number. ---- */

/* 32-bit calls have numbers that mean other calls here, and only in_compat_syscall() shows it. */
#define DISPATCH_ENTER(number, arg1, arg2, arg3)                                                \
	switch (number) {                                                                       \
	case NR_SOCKET:                                                                         \
		return !settings.watch_close || in_compat_syscall() ? 0 : on_socket_enter();    \
	case NR_CONNECT:                                                                        \
		return in_compat_syscall() ? 0 : on_connect_enter(arg1, (void *)arg2, arg3);    \
	case NR_BIND:                                                                           \
		return in_compat_syscall() ? 0 : on_bind_enter(0, arg1);                        \
	case NR_GETPEERNAME:                                                                    \
		return in_compat_syscall() ? 0 : on_getpeername_enter(arg1);                    \
	case NR_CLOSE:                                                                          \
		return !settings.watch_close || in_compat_syscall() ? 0 : on_close_enter(arg1); \
	}                                                                                       \
	return 0;

#define DISPATCH_EXIT(number, result)                                                      \
	switch (number) {                                                                  \
	case NR_CONNECT:                                                                   \
		return in_compat_syscall() ? 0 : on_connect_exit(result, false);           \
	case NR_BIND:                                                                      \
		return in_compat_syscall() ? 0 : on_bind_exit(result, false);              \
	case NR_GETPEERNAME:                                                               \
		return in_compat_syscall() ? 0 : on_getpeername_exit(result);              \
	case NR_CLOSE:                                                                     \
		return !settings.watch_close || in_compat_syscall() ? 0 : on_close_exit(); \
	}                                                                                  \
	return 0;

/*
 * The exit of socket has a program of its own: with its frame and that of the copy the stack is
 * full.
 */
#define DISPATCH_SOCKET(number, result) \
	return number != NR_SOCKET || in_compat_syscall() ? 0 : on_socket_exit(ctx, result);

SEC("?tracepoint/raw_syscalls/sys_enter")
int every_enter(struct trace_event_raw_sys_enter *ctx){ DISPATCH_ENTER(ctx->id, ctx->args[0],
								       ctx->args[1], ctx->args[2]) }

SEC("?tracepoint/raw_syscalls/sys_exit") int every_exit(struct trace_event_raw_sys_exit *ctx){
	DISPATCH_EXIT(ctx->id, ctx->ret)
}

SEC("?tracepoint/raw_syscalls/sys_exit") int every_exit_socket(
	struct trace_event_raw_sys_exit *ctx){ DISPATCH_SOCKET(ctx->id, ctx->ret) }

SEC("?raw_tp/sys_enter") int raw_sys_enter(struct bpf_raw_tracepoint_args *ctx)
{
	struct pt_regs *regs = (void *)ctx->args[0];

	DISPATCH_ENTER(ctx->args[1], PT_REGS_PARM1_CORE_SYSCALL(regs),
		       PT_REGS_PARM2_CORE_SYSCALL(regs), PT_REGS_PARM3_CORE_SYSCALL(regs))
}

SEC("?raw_tp/sys_exit")
int raw_sys_exit(struct bpf_raw_tracepoint_args *ctx)
{
	struct pt_regs *regs = (void *)ctx->args[0];

	DISPATCH_EXIT(REGS_SYSCALL(regs), (long)ctx->args[1])
}

SEC("?raw_tp/sys_exit")
int raw_sys_exit_socket(struct bpf_raw_tracepoint_args *ctx)
{
	struct pt_regs *regs = (void *)ctx->args[0];

	DISPATCH_SOCKET(REGS_SYSCALL(regs), (long)ctx->args[1])
}

#endif /* KINDS_BPF_H */
