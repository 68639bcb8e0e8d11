/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * waits: the sockets that a thread waits in connect for (docs/design.md, decision 23). A unix
 * socket does not show it, and no socket does while its process is stopped. The hooks note which
 * threads went in (in_flight.bpf.h), and each sweep begins by looking at their registers. If a hook
 * missed an exit, nothing stays hidden. If it missed an enter, nothing is reported by mistake: a
 * full sweep looks at all threads, and before a leak of such a family is reported, the threads of
 * its process are looked at.
 */
#ifndef WAITS_BPF_H
#define WAITS_BPF_H

#include "calls.bpf.h"
#include "events.bpf.h"

#define LEFT_SHIFT 20 /* call.left_at is in units of 2^20 ns, a millisecond nearly */
#define LEFT_GRACE 95 /* 0.1 s: for so long a call counts as going on */

/*
 * The registers of the thread that sweeps, and its kernel stack, which holds them. Every thread has
 * them at the same offset. (The verifier of Linux 6.1 allows no sums with the pointers themselves.)
 */
__u64 own_regs, own_stack;

static __always_inline void waits_begin(void)
{
	struct task_struct *self = bpf_get_current_task_btf();

	own_regs = (__u64)self_regs(self);
	own_stack = (__u64)self->stack;
}

static __always_inline struct pt_regs *thread_regs(struct task_struct *task)
{
	return (void *)BPF_CORE_READ(task, stack) + own_regs - own_stack;
}

/*
 * Is a thread inside connect, or was it stopped by a signal on its way out? *ret_fd: the
 * descriptor. A thread that has ended stays in memory as it ended.
 */
static __always_inline bool thread_connects(struct task_struct *task, __u32 *ret_fd)
{
	struct pt_regs *regs = thread_regs(task);
	__u32 number = REGS_SYSCALL(regs);

	if (BPF_CORE_READ(task, flags) & PF_EXITING)
		return false;
	if (!REGS_UNDECIDED(regs) && !call_restarts((__s32)PT_REGS_RC_CORE(regs)))
		return false;
	if (number == NR_CONNECT)
		*ret_fd = PT_REGS_PARM1_CORE_SYSCALL(regs);
	return number == NR_CONNECT || number == NR_COMPAT_CONNECT ||
	       number == NR_COMPAT_SOCKETCALL;
}

/* Is the thread that began the call still there? Another one may have its memory. */
static __always_inline bool thread_is_there(const struct call *call)
{
	struct task_struct *task = (void *)call->task;

	return (__u32)BPF_CORE_READ(task, pid) == CALL_TID(call) &&
	       !(BPF_CORE_READ(task, flags) & PF_EXITING);
}

/* Is the thread inside that call, or was it stopped by a signal that interrupted it? */
static __always_inline bool call_goes_on(const struct call *call)
{
	struct task_struct *task = (void *)call->task;
	__u32 fd = call->fd;

	if (!thread_is_there(call))
		return false;
	if (call->request)
		return worker_connects(task) == (struct file *)call->file;
	if (!registers_are_known())
		return !call->restarts;
	if (call->restarts && REGS_FORGET(thread_regs(task)))
		return true;
	return thread_connects(task, &fd) && fd == call->fd;
}

/*
 * The thread is elsewhere, and no hook saw how connect ended. It has failed: a connection would
 * show.
 */
static __always_inline void call_end_missed(struct call *call)
{
	struct pending *entry = NULL;
	__u32 tries;

	if (!call->untracked && !call->restarts && call->family != AF_UNSPEC)
		entry = entry_open(call->file, call->inode);
	if (!entry)
		return;
	tries = entry->evidence.connect_tries + 1;
	entry->evidence.connect_tries = tries;
	if (!entry_is_of(entry, call->inode))
		TAKE_BACK(entry->evidence.connect_tries, tries);
	young_close(entry);
}

/* The mark in an entry for which a thread waited when this sweep began; never 0. */
static __always_inline __u16 wait_mark(void)
{
	return (sweep.number & 0x7fff) + 1;
}

static __always_inline void wait_note(__u64 file, __u64 inode)
{
	struct pending *entry = entry_open(file, inode);

	if (!entry)
		return; /* if a sweep adds it now, it is not reported before the next one */
	entry->connecting = wait_mark();
	young_close(entry);
}

/* How long ago the thread was first found elsewhere. */
static __always_inline __u32 call_left_for(struct call *call)
{
	__u32 now = sweep.start_ns >> LEFT_SHIFT;

	if (!call->left_at)
		call->left_at = now | 1;
	return now - call->left_at;
}

/*
 * One call that is followed. True if it has ended unseen. Not at once: its hook may be about to
 * run, or be interrupted, or the thread is in a signal handler and will repeat the call.
 */
static __always_inline bool call_look(struct call *call)
{
	struct call copy;

	if (!CALL_TID(call) || CALL_TID(call) == CALL_WRITING)
		return false;
	if (call->kind != CALL_CONNECT)
		return !thread_is_there(call);
	if (call_goes_on(call)) {
		call->left_at = 0;
	} else if ((__s32)call_left_for(call) > LEFT_GRACE) {
		copy = *call;
		call_end_missed(&copy);
		return true;
	}
	wait_note(call->file, call->inode);
	return false;
}

/*
 * The sweeps judge a socket by the socket itself, its entry, and the threads that wait for it.
 * While a thread waits for it, it is in use, whatever was reported before.
 */
static __always_inline void view_weigh_now(struct socket_view *view, struct pending *entry)
{
	view_weigh(view, entry);
	if (!entry)
		return;
	if (entry->connecting != wait_mark())
		entry->connecting = 0;
	if (entry->connecting && view->use != USE_IN_USE)
		view->use = USE_REMEMBERED;
	entry_note_dead(entry, view);
}

static __always_inline struct file *thread_file(struct task_struct *task, __u32 fd)
{
	struct fdtable *table = BPF_CORE_READ(task, files, fdt);
	struct file **files = BPF_CORE_READ(table, fd), *file = NULL;

	if (fd < BPF_CORE_READ(table, max_fds))
		bpf_probe_read_kernel(&file, sizeof(file), &files[fd]);
	return file;
}

/*
 * Is the thread inside connect without a hook having seen it go in? The socket is that of its
 * descriptor now, which a hook knows better. Only 64-bit calls and workers of io_uring show which
 * socket that is.
 */
static __always_inline void look_at_thread(struct task_struct *task)
{
	struct file *file = worker_connects(task);
	struct socket_view view = {};
	struct socket *socket;
	struct call *known;
	__u32 fd = NO_FD;

	if (!file) {
		if (!registers_are_known() || !thread_connects(task, &fd) || fd == NO_FD)
			return;
		file = thread_file(task, fd);
	}
	known = call_of(BPF_CORE_READ(task, pid));
	if (known && known->kind == CALL_CONNECT && known->fd == fd)
		return;
	if (!view_open(file, &view) || view_shows_connect(&view))
		return;
	socket = view.socket;
	wait_note((__u64)BPF_CORE_READ(socket, file), view.inode);
}

/* ---- For bpf_for_each_map_elem(). ---- */

static long look_at_place(struct bpf_map *map, const __u32 *place, struct call *call, void *unused)
{
	__u64 owner = *(volatile __u64 *)&call->owner;

	if (call_look(call))
		call_leave(call, owner);
	return 0;
}

static long look_at_overflow(struct bpf_map *map, const __u32 *tid, struct call *call, void *unused)
{
	__u64 owner = call->owner;
	bool has_ended = call_look(call);
	struct call *now = bpf_map_lookup_elem(&in_flight_overflow, tid);

	if (has_ended && now && now->owner == owner) /* the thread has not begun another call */
		bpf_map_delete_elem(&in_flight_overflow, tid);
	return 0;
}

#endif /* WAITS_BPF_H */
