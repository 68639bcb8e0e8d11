// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * sockleak, the kernel's side. The hooks collect evidence; the kernel's own fd
 * tables decide.
 *
 *   hook                    what it does                                in
 *   exit  socket            add to the map of pending sockets,          pending.bpf.h
 *                           with a copy of the user stack               snapshots.bpf.h
 *                           note that it failed for want of a descriptor refusals.bpf.h
 *   enter close             forget it                                   pending.bpf.h
 *   e/x   connect           note the try; forget when connected         calls.bpf.h
 *   e/x   bind              note the try                                calls.bpf.h
 *   e/x   getpeername       note ENOTCONN; forget when connected        calls.bpf.h
 *   enter socket, exit close  only count, so that a missed half shows   counters.bpf.h
 *   iter  task_file         confirm, report and take in: the verdicts   sweep.bpf.h
 *   iter  bpf_map           at its end: end what no fd table holds any  sweep.bpf.h
 *                           more; give back copies whose socket is gone;
 *                           forget who holds a leak no more             holders.bpf.h
 *   iter  bpf_map           likewise, in between: end what is closed or glance.bpf.h
 *                           in use; whose fd table is to be asked?
 *
 * The system calls come by their tracepoints, or, where those are refused, by
 * the two raw ones with a dispatch on the number: the same bodies, and user
 * space loads one kind or the other. Whom to watch: filter.bpf.h. What the
 * kernel's objects look like: kernel.bpf.h.
 */
#include "calls.bpf.h"
#include "glance.bpf.h"
#include "refusals.bpf.h"
#include "sweep.bpf.h"
#include "told.bpf.h"

char LICENSE[] SEC("license") = "Dual BSD/GPL";

/* ---- The bodies of the hooks. ---- */

static __always_inline int on_socket_enter(void)
{
	struct task_struct *self = bpf_get_current_task_btf();

	if (wanted(self))
		count(COUNTER_SOCKET_ENTER);
	return 0;
}

static __always_inline int on_socket_exit(void *ctx, long fd)
{
	struct task_struct *self = bpf_get_current_task_btf();

	if (!wanted(self))
		return 0;
	count(COUNTER_SOCKET_EXIT);
	if (fd >= 0)
		pending_add(ctx, self, fd);
	else if (is_refusal(fd))
		refusal_note(ctx, self, -fd);
	return 0;
}

static __always_inline int on_connect_enter(__u32 fd, const void *address, __u32 len)
{
	struct task_struct *self = bpf_get_current_task_btf();

	if (!wanted(self))
		return 0;
	count(COUNTER_CONNECT_ENTER);
	connect_enter(self, fd, address, len);
	return 0;
}

static __always_inline int on_connect_exit(long result)
{
	struct task_struct *self = bpf_get_current_task_btf();

	if (!wanted(self))
		return 0;
	count(COUNTER_CONNECT_EXIT);
	connect_exit(result);
	return 0;
}

static __always_inline int on_bind_enter(__u32 fd)
{
	struct task_struct *self = bpf_get_current_task_btf();

	if (!wanted(self))
		return 0;
	count(COUNTER_BIND_ENTER);
	bind_enter(self, fd);
	return 0;
}

static __always_inline int on_bind_exit(long result)
{
	struct task_struct *self = bpf_get_current_task_btf();

	if (!wanted(self))
		return 0;
	count(COUNTER_BIND_EXIT);
	bind_exit(result);
	return 0;
}

static __always_inline int on_getpeername_enter(__u32 fd)
{
	struct task_struct *self = bpf_get_current_task_btf();

	if (!wanted(self))
		return 0;
	count(COUNTER_GETPEERNAME_ENTER);
	getpeername_enter(self, fd);
	return 0;
}

static __always_inline int on_getpeername_exit(long result)
{
	struct task_struct *self = bpf_get_current_task_btf();

	if (!wanted(self))
		return 0;
	count(COUNTER_GETPEERNAME_EXIT);
	getpeername_exit(result);
	return 0;
}

static __always_inline int on_close_enter(__u32 fd)
{
	struct task_struct *self = bpf_get_current_task_btf();

	if (!wanted(self))
		return 0;
	count(COUNTER_CLOSE_ENTER);
	pending_close(self, fd);
	return 0;
}

static __always_inline int on_close_exit(void)
{
	struct task_struct *self = bpf_get_current_task_btf();

	if (wanted(self))
		count(COUNTER_CLOSE_EXIT);
	return 0;
}

/* ---- Classic tracepoints: no program runs at other system calls. ---- */

SEC("tracepoint/syscalls/sys_enter_socket")
int sys_enter_socket(struct trace_event_raw_sys_enter *ctx)
{
	return on_socket_enter();
}

SEC("tracepoint/syscalls/sys_exit_socket")
int sys_exit_socket(struct trace_event_raw_sys_exit *ctx)
{
	return on_socket_exit(ctx, ctx->ret);
}

SEC("tracepoint/syscalls/sys_enter_connect")
int sys_enter_connect(struct trace_event_raw_sys_enter *ctx)
{
	return on_connect_enter(ctx->args[0], (void *)ctx->args[1], ctx->args[2]);
}

SEC("tracepoint/syscalls/sys_exit_connect")
int sys_exit_connect(struct trace_event_raw_sys_exit *ctx)
{
	return on_connect_exit(ctx->ret);
}

SEC("tracepoint/syscalls/sys_enter_bind")
int sys_enter_bind(struct trace_event_raw_sys_enter *ctx)
{
	return on_bind_enter(ctx->args[0]);
}

SEC("tracepoint/syscalls/sys_exit_bind")
int sys_exit_bind(struct trace_event_raw_sys_exit *ctx)
{
	return on_bind_exit(ctx->ret);
}

SEC("tracepoint/syscalls/sys_enter_getpeername")
int sys_enter_getpeername(struct trace_event_raw_sys_enter *ctx)
{
	return on_getpeername_enter(ctx->args[0]);
}

SEC("tracepoint/syscalls/sys_exit_getpeername")
int sys_exit_getpeername(struct trace_event_raw_sys_exit *ctx)
{
	return on_getpeername_exit(ctx->ret);
}

SEC("tracepoint/syscalls/sys_enter_close")
int sys_enter_close(struct trace_event_raw_sys_enter *ctx)
{
	return on_close_enter(ctx->args[0]);
}

SEC("tracepoint/syscalls/sys_exit_close")
int sys_exit_close(struct trace_event_raw_sys_exit *ctx)
{
	return on_close_exit();
}

/* ---- Raw tracepoints: need neither tracefs nor perf_event_open, cost every system call. ---- */

SEC("raw_tp/sys_enter")
int raw_sys_enter(struct bpf_raw_tracepoint_args *ctx)
{
	struct pt_regs *regs = (void *)ctx->args[0];

	switch (ctx->args[1]) {
	case NR_SOCKET:
		return in_compat_syscall() ? 0 : on_socket_enter();
	case NR_CONNECT:
		return in_compat_syscall() ?
			       0 :
			       on_connect_enter(REGS_ARG1(regs), (void *)REGS_ARG2(regs),
						REGS_ARG3(regs));
	case NR_BIND:
		return in_compat_syscall() ? 0 : on_bind_enter(REGS_ARG1(regs));
	case NR_GETPEERNAME:
		return in_compat_syscall() ? 0 : on_getpeername_enter(REGS_ARG1(regs));
	case NR_CLOSE:
		return in_compat_syscall() ? 0 : on_close_enter(REGS_ARG1(regs));
	}
	return 0;
}

SEC("raw_tp/sys_exit")
int raw_sys_exit(struct bpf_raw_tracepoint_args *ctx)
{
	struct pt_regs *regs = (void *)ctx->args[0];
	long result = ctx->args[1];

	switch (REGS_SYSCALL(regs)) {
	case NR_CONNECT:
		return in_compat_syscall() ? 0 : on_connect_exit(result);
	case NR_BIND:
		return in_compat_syscall() ? 0 : on_bind_exit(result);
	case NR_GETPEERNAME:
		return in_compat_syscall() ? 0 : on_getpeername_exit(result);
	case NR_CLOSE:
		return in_compat_syscall() ? 0 : on_close_exit();
	}
	return 0;
}

/* Apart, for its frame and that of the copying it calls are no more than all may have. */
SEC("raw_tp/sys_exit")
int raw_sys_exit_socket(struct bpf_raw_tracepoint_args *ctx)
{
	struct pt_regs *regs = (void *)ctx->args[0];

	if (REGS_SYSCALL(regs) != NR_SOCKET || in_compat_syscall())
		return 0;
	return on_socket_exit(ctx, ctx->args[1]);
}

/* ---- A census: user space reads two iterators, one after the other. ---- */

SEC("iter/task_file")
int sweep_files(struct bpf_iter__task_file *ctx)
{
	struct task_struct *task = ctx->task;
	struct file *file = ctx->file;
	struct socket_view view = {};
	__u32 fd = ctx->fd;

	if (!task || !file)
		return 0;
	barrier_var(fd); /* read at one place: the verifier refuses a sum with the context */
	count(COUNTER_FILES_SWEPT);
	if (sweep.only_tgid && (__u32)task->tgid != sweep.only_tgid) {
		sweep.strangers++; /* this kernel cannot look at one process alone */
		return 0;
	}
	if (!file_may_be_socket(file) || !view_open(file, &view))
		return 0;
	if (task_wanted(task))
		sweep_socket(task, fd, &view);
	else
		sweep_stranger(task, fd, view.inode);
	verdicts_make_room(ctx->meta);
	return 0;
}

/*
 * A look at three maps, each from its first entry to its last. Not by an iterator over
 * their elements, which some hosts refuse: at the end of one that has little to do.
 */
SEC("iter/bpf_map")
int sweep_maps(struct bpf_iter__bpf_map *ctx)
{
	if (ctx->map)
		return 0;
	bpf_for_each_map_elem(&pending, sweep_entry_of, NULL, 0);
	bpf_for_each_map_elem(&slots, sweep_slot_of, NULL, 0);
	bpf_for_each_map_elem(&holders, sweep_holder_of, NULL, 0);
	return 0;
}

/* ---- Any other sweep: this one, and the first of those two of a few processes. ---- */

SEC("iter/bpf_map")
int glance_maps(struct bpf_iter__bpf_map *ctx)
{
	if (ctx->map)
		return 0;
	bpf_for_each_map_elem(&pending, glance_entry_of, NULL, 0);
	bpf_for_each_map_elem(&slots, sweep_slot_of, NULL, 0);
	bpf_for_each_map_elem(&holders, glance_holder_of, NULL, 0);
	return 0;
}
