// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * scan: every socket on the host that is not connected, now (sockleak scan). One iterator over the
 * fd tables writes a record for each descriptor of such a socket to its reader, so no buffer can
 * overflow. If a sockleak is running, `young`, `pending` and `pending_by_inode` are its own maps,
 * and show what its hooks have seen; otherwise they are empty. Nothing is written to them.
 * With --verbose descriptors are counted, too (descriptors.bpf.h).
 */
#include "classes.bpf.h"
#include "descriptors.bpf.h"
#include "young.bpf.h"
#include "control.h"

/* How far it has come, for who waits. */
struct scan_progress scan;

/* Too large for the stack; the iterator has one reader. */
struct event record;

/* The number of processes that the filters ask for; the iterator goes process by process. */
static __always_inline void count_process(struct task_struct *task)
{
	__u32 tgid = BPF_CORE_READ(task, tgid);

	if (tgid == scan.last_tgid)
		return;
	scan.last_tgid = tgid;
	if (wanted(task))
		scan.processes++;
}

SEC("iter/task_file")
int scan_files(struct bpf_iter__task_file *ctx)
{
	struct task_struct *task = ctx->task;
	struct file *file = ctx->file;
	struct socket_view view = {};
	__u32 fd = ctx->fd;
	struct socket *socket;
	struct pending *entry;

	if (!task || !file)
		return 0;
	barrier_var(fd); /* read at one place: the verifier refuses a sum with the context */
	scan.files++;
	if (settings.n_tgids || settings.by_uid || settings.by_cgroup || settings.comm[0])
		count_process(task);
	if (!view_open_met(file, &view) || !wanted(task))
		return 0;
	view_judge(&view);
	view_judge_peer(&view);
	if (view.use == USE_IN_USE || view.use == USE_CONNECTING)
		return 0;
	__builtin_memset(&record, 0, sizeof(record));
	socket = view.socket;
	entry = entry_of((__u64)BPF_CORE_READ(socket, file), view.inode);
	if (entry)
		__builtin_memcpy(&record.socket, entry, sizeof(record.socket));
	else
		entry_of_unknown(&record.socket, &view, task, fd);
	entry_complete(&record.socket, &view);
	record.socket.file = 0; /* no address leaves the kernel */
	view_weigh(&view, &record.socket);
	if (view.use == USE_IN_USE || view.use == USE_REMEMBERED || view.use == USE_CONNECTING ||
	    record.socket.connecting)
		return 0;
	record.kind = EVENT_LEAK;
	record.now_ns = bpf_ktime_get_boot_ns();
	record.class = classify(&record.socket, &view);
	event_describe(&record, &view, task, fd);
	bpf_seq_write(iterator_output(ctx->meta), &record, sizeof(record));
	return 0;
}

char LICENSE[] SEC("license") = "Dual BSD/GPL";
