/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * tables: which fd tables there are. Processes may share one (CLONE_FILES). The kernel's iterator
 * over files reads it once for each of them: a thousand processes that share one of 20,000
 * descriptors take seconds. Nor can a program make it skip a process. So before the tables are
 * read, this counts what would be read more than once. If that is much, user space has the
 * processes listed with each table once, and reads them one by one.
 */
#ifndef TABLES_BPF_H
#define TABLES_BPF_H

#include "events.bpf.h"

struct met_table {
	__u32 sweep; /* that has met it */
	__u32 tgid;  /* of the process that it was met with; its threads share it, too */
};

/*
 * Key: address of a fd table that is shared by several processes. Value: where it was met. Empty
 * between two lists. If it is full, the table is read once for each process that shares it, which
 * is slower and as correct, and is counted (shared_tables_full).
 */
struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, SOCKLEAK_MAX_SHARED_TABLES);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__type(key, __u64);
	__type(value, struct met_table);
} shared_tables SEC(".maps");

/* More tasks refer to it than the process has threads. */
static __always_inline bool table_is_shared(struct task_struct *task, struct files_struct *files)
{
	struct signal_struct___of_threads *signal = (void *)BPF_CORE_READ(task, signal);

	return BPF_CORE_READ(files, count.counter) > BPF_CORE_READ(signal, nr_threads);
}

/* Was a shared table met with another process before? */
static __always_inline bool table_was_met(struct task_struct *task, struct files_struct *files)
{
	struct met_table now = { .sweep = sweep.number, .tgid = BPF_CORE_READ(task, tgid) };
	__u64 key = (__u64)files;
	struct met_table *met = bpf_map_lookup_elem(&shared_tables, &key);

	if (met && met->sweep == now.sweep)
		return met->tgid != now.tgid;
	if (bpf_map_update_elem(&shared_tables, &key, &now, BPF_ANY))
		count(COUNTER_SHARED_TABLES_FULL);
	return false;
}

static __always_inline enum table_kind table_kind(struct task_struct *task,
						  struct files_struct *files)
{
	if (!files)
		return TABLE_NONE;
	return table_is_shared(task, files) ? TABLE_SHARED : TABLE_OWN;
}

/* User space reads the process. */
static __always_inline void table_write(struct bpf_iter_meta *iterator, struct task_struct *task,
					enum table_kind kind)
{
	struct table_listed listed = {
		.start_ns = BPF_CORE_READ(task, start_boottime),
		.tgid = BPF_CORE_READ(task, tgid),
		.kind = kind,
	};

	sweep.tables++;
	if (sweep.lists)
		bpf_seq_write(iterator_output(iterator), &listed, sizeof(listed));
}

/*
 * One task. Threads of the kernel have an empty table in common. A thread with a table of its own
 * (unshare()) has its process listed, whether that of the main thread was met before or not.
 */
static __always_inline void table_list(struct bpf_iter_meta *iterator, struct task_struct *task)
{
	struct files_struct *files = BPF_CORE_READ(task, files);
	enum table_kind kind;

	if (BPF_CORE_READ(task, flags) & PF_KTHREAD)
		return;
	if (BPF_CORE_READ(task, pid) != BPF_CORE_READ(task, tgid)) {
		if (files && files != BPF_CORE_READ(task, group_leader, files))
			table_write(iterator, task, TABLE_OWN);
		return;
	}
	kind = table_kind(task, files);
	if (kind == TABLE_SHARED && table_was_met(task, files)) {
		sweep.shared_slots += BPF_CORE_READ(files, fdt, max_fds);
		return;
	}
	table_write(iterator, task, kind);
}

/* For bpf_for_each_map_elem(), when the list is complete. */
static long table_forget(struct bpf_map *map, const __u64 *files, struct met_table *met,
			 void *unused)
{
	__u64 key = *files;

	bpf_map_delete_elem(&shared_tables, &key);
	return 0;
}

#endif /* TABLES_BPF_H */
