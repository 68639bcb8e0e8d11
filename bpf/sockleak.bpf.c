// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * sockleak, the kernel's side. The hooks collect evidence; the kernel's own fd
 * tables decide.
 *
 *   program                 what it does                                where
 *   exit  socket            note the new socket in the young table, by  pending.bpf.h
 *                           its open file; copy the user stack          snapshots.bpf.h
 *                           and the frames of scripts         scripts.bpf.h
 *                           or note that it failed with EMFILE, ENFILE  refusals.bpf.h
 *   e/x   connect           note the try; mark the socket if connected  calls.bpf.h
 *   e/x   bind              note the try                                calls.bpf.h
 *   e/x   getpeername       note ENOTCONN; mark the socket if connected calls.bpf.h
 *   Each sweep:
 *   iter  bpf_map           move young sockets that are still open to   young.bpf.h
 *                           the map of pending sockets                  pending.bpf.h
 *                           with --also: and those whose peer has closed half_closed.bpf.h
 *   iter  bpf_map, task     find the threads that are inside connect    waits.bpf.h
 *   A full sweep, once a minute:
 *   iter  task              are fd tables shared, and which are there?  tables.bpf.h
 *   iter  task_file         decide on each socket of each fd table, and sweep.bpf.h
 *                           send an event if something has changed
 *   iter  bpf_map           end the entries that no fd table holds, and sweep.bpf.h
 *                           free what belonged to them                  holders.bpf.h
 *   A quick sweep, once an interval in between:
 *   iter  bpf_map           end what is closed or in use, and name the  quick_sweep.bpf.h
 *                           processes whose fd tables must be read
 *   Before a sweep, as often as it is cheap:
 *   iter  task              count the descriptors of each process       descriptors.bpf.h
 *   iter  task_file         of those that climb, count them by kind     descriptors.bpf.h
 *   After each sweep:
 *   iter  bpf_map           carry out the orders of user space          orders.bpf.h
 *   Only by `run`:
 *   raw_tp sched_process_fork  watch the child too                      filter.bpf.h
 *   raw_tp sched_process_exit  report what is open at its end           exits.bpf.h
 *   Only with --watch-close:
 *   enter close             mark the socket as closed                   pending.bpf.h
 *   enter socket, exit close  count, so that a skipped half shows       counters.bpf.h
 *
 * The sweeps see every end by the references to the open file. Hooks of close would cost every
 * close of every file, so they are attached only if they are asked for.
 *
 * The kernel can call a program at a system call in five ways. The bodies below serve all of them.
 * User space loads the first kind of this table that the kernel has, that has been tried, and that
 * misses no call on this kernel:
 *
 *   kind          attached to                  other system calls pay  calls are missed
 *   fentry        functions, by BPF trampoline nothing                 if the kernel is preempted
 *   kprobe.multi  functions, by ftrace         nothing                 before Linux 6.14
 *   tracepoint    sys_enter_X, sys_exit_X      the slow way in and out from 7.2 on, if preempted
 *   raw_syscalls  sys_enter, sys_exit          that, and a program     never by preemption
 *   raw_tp        the same, without perf event that, and a program     from 7.2 on, if preempted
 *
 * The kinds on functions see io_uring and 32-bit programs too; with the others the sweeps find
 * their sockets. The reasons are in docs/kernels.md, the programs in kinds.bpf.h, which processes
 * are watched in filter.bpf.h, and what the kernel's objects look like in kernel.bpf.h.
 */
#include "calls.bpf.h"
#include "descriptors.bpf.h"
#include "exits.bpf.h"
#include "quick_sweep.bpf.h"
#include "orders.bpf.h"
#include "refusals.bpf.h"
#include "sweep.bpf.h"
#include "tables.bpf.h"

char LICENSE[] SEC("license") = "Dual BSD/GPL";

/* ---- The bodies of the hooks. ---- */

/* A bit for each enum counter: sockleak's own calls have run this body (kernel/hooks/hooks.h). */
__u32 proved;

/*
 * The current task if it is watched, or if it `ends` a call that is followed; then the call is
 * counted. Otherwise NULL; sockleak itself is trying whether the hook works.
 */
static __always_inline struct task_struct *watched(enum counter which, bool ends)
{
	struct task_struct *self = bpf_get_current_task_btf();

	if (wanted(self) || (ends && call_is_followed(self))) {
		count(which);
		return self;
	}
	if ((__u32)self->tgid == settings.self_tgid)
		proved |= 1U << which;
	return NULL;
}

static __always_inline int on_socket_enter(void)
{
	watched(COUNTER_SOCKET_ENTER, false);
	return 0;
}

static __always_inline int on_socket_exit(void *ctx, long fd)
{
	struct task_struct *self = watched(COUNTER_SOCKET_EXIT, false);

	if (self && fd >= 0) {
		struct creator creator = creator_of(self);

		young_add(ctx, self, &creator, self_file(self, fd), fd);
	} else if (self && is_refusal(fd))
		refusal_note(ctx, self, -fd);
	return 0;
}

/* `file` is the new open file, or an error. */
static __always_inline int on_uring_socket_exit(void *ctx, __u64 file)
{
	struct task_struct *self = watched(COUNTER_URING_SOCKET, false);

	if (self && file < (__u64)-MAX_ERRNO) {
		struct creator creator = creator_of(self);

		young_add(ctx, self, &creator, (struct file *)file, NO_FD);
	}
	return 0;
}

static __always_inline int on_connect_enter(__u32 fd, const void *address, __u32 len)
{
	struct task_struct *self = watched(COUNTER_CONNECT_ENTER, false);

	if (self)
		connect_enter(self, 0, fd, address, len);
	return 0;
}

static __always_inline int on_uring_connect_enter(__u64 request)
{
	struct task_struct *self = watched(COUNTER_URING_CONNECT_ENTER, false);
	struct io_connect *connect = (void *)request;

	if (self)
		connect_enter(self, request, NO_FD, BPF_CORE_READ(connect, addr),
			      BPF_CORE_READ(connect, addr_len));
	return 0;
}

static __always_inline int on_connect_exit(long result, bool uring)
{
	if (watched(uring ? COUNTER_URING_CONNECT_EXIT : COUNTER_CONNECT_EXIT, true))
		connect_exit(result, uring);
	return 0;
}

/* By `request` of io_uring, or 0 and a descriptor. */
static __always_inline int on_bind_enter(__u64 request, __u32 fd)
{
	enum counter which = request ? COUNTER_URING_BIND_ENTER : COUNTER_BIND_ENTER;
	struct task_struct *self = watched(which, false);

	if (self)
		call_enter(self, request, fd, CALL_BIND);
	return 0;
}

static __always_inline int on_bind_exit(long result, bool uring)
{
	if (watched(uring ? COUNTER_URING_BIND_EXIT : COUNTER_BIND_EXIT, true))
		bind_exit(result, uring);
	return 0;
}

static __always_inline int on_getpeername_enter(__u32 fd)
{
	struct task_struct *self = watched(COUNTER_GETPEERNAME_ENTER, false);

	if (self)
		call_enter(self, 0, fd, CALL_GETPEERNAME);
	return 0;
}

static __always_inline int on_getpeername_exit(long result)
{
	if (watched(COUNTER_GETPEERNAME_EXIT, true))
		getpeername_exit(result);
	return 0;
}

static __always_inline int on_close_enter(__u32 fd)
{
	struct task_struct *self = watched(COUNTER_CLOSE_ENTER, false);

	if (self)
		pending_close(self, fd);
	return 0;
}

static __always_inline int on_close_exit(void)
{
	watched(COUNTER_CLOSE_EXIT, false);
	return 0;
}

#include "kinds.bpf.h"

/* ---- Only by `run`; user space attaches them beside the hooks of any kind. ---- */

SEC("?raw_tp/sched_process_fork")
int descendant_begins(struct bpf_raw_tracepoint_args *ctx)
{
	descendant_add((void *)ctx->args[0], (void *)ctx->args[1]);
	return 0;
}

SEC("?raw_tp/sched_process_exit")
int descendant_ends(struct bpf_raw_tracepoint_args *ctx)
{
	descendant_end(bpf_get_current_task_btf());
	return 0;
}

/* ---- A full sweep: user space reads two iterators, one after the other. ---- */

SEC("iter/task_file")
int sweep_files(struct bpf_iter__task_file *ctx)
{
	struct task_struct *task = ctx->task;
	struct file *file = ctx->file;
	struct socket_view view = {};
	__u32 fd = ctx->fd;

	if (!task || !file)
		return 0;
	if (step_is_over())
		return SAME_AGAIN;
	barrier_var(fd); /* read at one place: the verifier refuses a sum with the context */
	count(COUNTER_FILES_SWEPT);
	if (sweep.only_tgid && (__u32)task->tgid != sweep.only_tgid) {
		sweep.strangers++; /* this kernel cannot look at one process alone */
		return 0;
	}
	if (!view_open_met(file, &view))
		return 0;
	if (wanted(task))
		sweep_socket(task, fd, &view);
	else
		sweep_stranger(task, fd, view.inode);
	events_make_room(ctx->meta);
	return 0;
}

/*
 * Before each sweep: sockets that were created since the last one, and are open, move to `pending`.
 * With --also, so do those whose connection is not in use any more.
 */
SEC("iter/bpf_map")
int harvest_maps(struct bpf_iter__bpf_map *ctx)
{
	if (ctx->map)
		return 0;
	half_closed_begin();
	bpf_for_each_map_elem(&young, harvest_pair, NULL, 0);
	if (keeps_connected())
		bpf_for_each_map_elem(&connected, connected_look, NULL, 0);
	return 0;
}

/*
 * The beginning of every sweep: where are the threads that went into connect? Not by an iterator
 * over the elements, see sweep_maps().
 */
SEC("iter/bpf_map")
int sweep_calls(struct bpf_iter__bpf_map *ctx)
{
	if (ctx->map)
		return 0;
	shares_look();
	waits_begin();
	bpf_for_each_map_elem(&in_flight, look_at_place, NULL, 0);
	bpf_for_each_map_elem(&in_flight_overflow, look_at_overflow, NULL, 0);
	return 0;
}

/*
 * In a full sweep, and for few processes where it matters: which other threads are inside connect?
 */
SEC("iter/task")
int sweep_threads(struct task_iterator *ctx)
{
	if (ctx->task)
		look_at_thread(ctx->task);
	return 0;
}

/* At the beginning of a full sweep: what is there to be read? */
SEC("iter/task")
int list_tables(struct task_iterator *ctx)
{
	if (ctx->task)
		table_list(ctx->meta, ctx->task);
	else
		bpf_for_each_map_elem(&shared_tables, table_forget, NULL, 0);
	return 0;
}

/*
 * The walks over three maps. Some hosts refuse iterators over elements, so this is called at the
 * end of an iterator that has little to do.
 */
SEC("iter/bpf_map")
int sweep_maps(struct bpf_iter__bpf_map *ctx)
{
	if (ctx->map)
		return 0;
	bpf_for_each_map_elem(&pending, sweep_entry, NULL, 0);
	bpf_for_each_map_elem(&given_up, given_up_look, NULL, 0);
	bpf_for_each_map_elem(&slots, sweep_slot, NULL, 0);
	bpf_for_each_map_elem(&holders, sweep_holder, NULL, 0);
	return 0;
}

/* ---- After each sweep. ---- */

SEC("iter/bpf_map")
int carry_out_orders(struct bpf_iter__bpf_map *ctx)
{
	if (!ctx->map)
		bpf_for_each_map_elem(&orders, order_carry_out, NULL, 0);
	return 0;
}

/* ---- A quick sweep; then sweep_files for few processes. ---- */

SEC("iter/bpf_map")
int quick_sweep_maps(struct bpf_iter__bpf_map *ctx)
{
	if (ctx->map)
		return 0;
	bpf_for_each_map_elem(&suspects, drop_suspect, NULL, 0);
	bpf_for_each_map_elem(&pending, quick_sweep_entry, NULL, 0);
	bpf_for_each_map_elem(&given_up, given_up_look, NULL, 0);
	bpf_for_each_map_elem(&slots, sweep_slot, NULL, 0);
	bpf_for_each_map_elem(&holders, quick_sweep_holder, NULL, 0);
	return 0;
}
