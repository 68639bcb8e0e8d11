/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * exits: what `run` sees of the beginning and the end of its processes. A child of a watched
 * process is watched. When the last thread of a process ends, its fd table still exists, and is
 * walked once: a socket that nobody else holds ends now, and is reported if it was never connected.
 * So a socket of a process that lives for less than a sweep is not missed.
 *
 * The fd table decides, as in a sweep. A socket that another process holds too is not reported; it
 * is looked at again when its last holder ends.
 *
 * Who else refers to a socket, the kernel does not say. It may also be a reader of fd tables on
 * another processor, who has the file for a moment only. Where the process has made the socket and
 * has not forked since, hardly anybody else can have it:
 *
 *   - If a sweep is reading fd tables, the socket is reported (LEFT_READ). A later sweep that still
 *     finds it open takes that back.
 *   - Otherwise the reader is a stranger, or the socket was passed on. If it is gone by the next
 *     sweep, it may have been left or closed, and is counted (LEFT_HELD, exit_held).
 *
 * Or it is another process that ends at the same time, as when a signal ends a whole group: each is
 * a holder for the other. If the one before still has its table, its references are known, too. If
 * it is about to close them, the socket is counted likewise.
 */
#ifndef EXITS_BPF_H
#define EXITS_BPF_H

#include "sweep.bpf.h"

#define FDS_A_WORD 64

/* A process that --comm and --uid mean has ended; without them user space does not ask. */
bool met_at_exit;

/*
 * Nothing is in it: bpf_for_each_map_elem() over it is a loop of as many turns, which kernels
 * before 5.17 lack otherwise. A turn looks at FDS_A_WORD descriptors. Without `run` it has one
 * place.
 */
struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, __u64);
} turns SEC(".maps");

/* Addresses of the tasks that walked a table last, each at the place of its process. */
#define LAST_ENDS 64
__u64 last_ends[LAST_ENDS];

/* A fork by a watched process. */
static __always_inline void descendant_add(struct task_struct *parent, struct task_struct *child)
{
	__u32 of = BPF_CORE_READ(parent, tgid), tgid = BPF_CORE_READ(child, tgid);
	__u64 never = 0, *forked_ns;

	if (of == tgid)
		return; /* a thread */
	forked_ns = bpf_map_lookup_elem(&descendants, &of);
	if (!forked_ns)
		return; /* a stranger */
	*forked_ns = bpf_ktime_get_boot_ns();
	if (bpf_map_update_elem(&descendants, &tgid, &never, BPF_ANY))
		count(COUNTER_DESCENDANTS_FULL);
}

/*
 * The entry of a socket that is met at an exit, to be written until young_close(); NULL = it has
 * none. It is moved out of the young table, unless a harvest is busy with it: then the harvest
 * finds it changed, and moves it once more.
 */
static __always_inline struct pending *exit_entry(struct file *file, __u64 inode)
{
	__u32 number = young_number((__u64)file);
	struct young_pair *pair = bpf_map_lookup_elem(&young, &number);

	for (__u32 i = 0; pair && i < 2; i++) {
		struct pending *entry = &pair->places[i & 1];

		if (!young_of((__u64)file, inode))
			break;
		if (entry->inode == inode && young_take(number, i & 1, 0))
			young_release(entry);
	}
	return entry_open((__u64)file, inode);
}

/* How far a process has come whose table was walked. */
enum ending {
	ENDING_OVER, /* all is closed; or it is not known any more */
	ENDING_CLOSES,
	ENDING_HAS_FILES,
};

static __always_inline enum ending ending_of(__u32 tgid)
{
	struct task_struct *task = (void *)*(volatile __u64 *)&last_ends[tgid % LAST_ENDS];

	if (!tgid || (__u32)BPF_CORE_READ(task, tgid) != tgid || BPF_CORE_READ(task, exit_state))
		return ENDING_OVER;
	return BPF_CORE_READ(task, files) ? ENDING_HAS_FILES : ENDING_CLOSES;
}

/*
 * How many others refer to an open file, beside the table of this process? Each meeting counts one
 * of its own. *ret_ending: of the process that met it before.
 */
static __always_inline __s64 other_references(struct pending *entry, __u32 tgid, struct file *file,
					      enum ending *ret_ending)
{
	__u32 before = __sync_lock_test_and_set(&entry->exit_tgid, tgid);
	__s64 its = entry->exit_references, others;

	if (before == tgid) {
		*ret_ending = ENDING_OVER;
		return file_references(file) - ++entry->exit_references;
	}
	entry->exit_references = 1;
	others = file_references(file) - 1;
	*ret_ending = ending_of(before); /* if it has its files now, it had them above */
	return *ret_ending == ENDING_HAS_FILES && others == its ? 0 : others;
}

/* Has the process made the socket, and not forked since? `forked_ns`: when it did so last. */
static __always_inline bool is_unshared(const struct pending *entry, __u32 tgid, __u64 forked_ns)
{
	return entry->tgid == tgid && entry->since_ns > forked_ns &&
	       !(entry->flags & PENDING_ORIGIN_UNKNOWN);
}

/* What its process leaves of a socket that is not in use, and that `others` refer to. */
static __always_inline enum left left_as(__s64 others, bool unshared, bool read, bool ends_beside)
{
	if (others <= 0)
		return LEFT_REPORTED;
	if (unshared && read && others == 1)
		return LEFT_READ;
	return unshared || read || ends_beside ? LEFT_HELD : LEFT_NOT;
}

/* A process ends with a socket, of which `view` is. */
static __always_inline void exit_judge(struct pending *entry, struct socket_view *view,
				       struct task_struct *self, const struct fd_key *holder,
				       __u64 forked_ns)
{
	__u32 reading = *(volatile __u32 *)&sweep.readings;
	enum ending ending;
	__s64 others = other_references(entry, holder->tgid, view->file, &ending);
	bool read = reading & 1 || *(volatile __u32 *)&sweep.readings != reading;
	enum left left = left_as(others, is_unshared(entry, holder->tgid, forked_ns), read,
				 ending != ENDING_OVER);

	entry->left = LEFT_NOT; /* by this descriptor; another one of it has shown less */
	if (left == LEFT_NOT)
		return;
	entry_complete(entry, view);
	view_judge(view);
	view_weigh_now(view, entry);
	if (view->use == USE_IN_USE || view->use == USE_REMEMBERED || view->use == USE_CONNECTING ||
	    bpf_ktime_get_boot_ns() - entry->since_ns < settings.older_than_ns)
		return;
	entry->seen_sweep = sweep.number; /* its stack is read before the next sweep is over */
	if (left == LEFT_HELD) {
		entry->left = left;
		return;
	}
	call_site_kept(entry);
	pending_report(entry, view, self, holder);
	if (was_reported(entry))
		entry->left = left;
	else
		count(COUNTER_EXIT_UNREPORTED);
}

/*
 * One descriptor of the process that ends. A global function, so that the verifier goes through it
 * once.
 */
__noinline int exit_descriptor(__u32 fd, __u64 forked_ns)
{
	struct task_struct *self = bpf_get_current_task_btf();
	struct fd_key holder = { .tgid = self->tgid, .fd = fd };
	struct file *file = thread_file(self, fd);
	struct socket_view view = {};
	struct pending *entry;

	if (!file || !view_open(file, &view))
		return 0;
	entry = exit_entry(file, view.inode);
	if (!entry)
		return 0;
	exit_judge(entry, &view, self, &holder, forked_ns);
	young_close(entry);
	return 0;
}

/* The open descriptors of a process, as its table has them. */
struct exit_walk {
	unsigned long *open;
	__u64 forked_ns; /* when the process last forked */
	__u32 fds;
};

/* For bpf_for_each_map_elem(). */
static long exit_turn(struct bpf_map *map, const __u32 *turn, void *value, struct exit_walk *walk)
{
	__u32 first = *turn * FDS_A_WORD;
	unsigned long word = 0;

	if (first >= walk->fds)
		return 1;
	bpf_probe_read_kernel(&word, sizeof(word), walk->open + *turn);
	for (__u32 i = 0; i < FDS_A_WORD && word; i++, word >>= 1)
		if (word & 1)
			exit_descriptor(first + i, walk->forked_ns);
	return 0;
}

/*
 * Does nobody else have this fd table? The threads of the process have it too, all of which have
 * begun to end; one that has ended with its files already counts as a thread a little longer.
 */
static __always_inline bool ends_with_files(struct task_struct *self)
{
	struct signal_struct___of_threads *threads = (void *)BPF_CORE_READ(self, signal);
	struct files_struct *files = BPF_CORE_READ(self, files);

	return files && BPF_CORE_READ(files, count.counter) <= BPF_CORE_READ(threads, nr_threads);
}

/* A thread ends. The first one that finds all the others ending as well does the work. */
static __always_inline void descendant_end(struct task_struct *self)
{
	struct signal_struct___of_threads *threads = (void *)BPF_CORE_READ(self, signal);
	__u32 tgid = self->tgid;
	struct exit_walk walk;
	struct fdtable *table;
	__u64 *forked_ns;

	if (BPF_CORE_READ(threads, live.counter))
		return;
	forked_ns = bpf_map_lookup_elem(&descendants, &tgid);
	if (!forked_ns)
		return;
	walk.forked_ns = *forked_ns;
	if ((settings.comm[0] || settings.by_uid) && wanted(self))
		met_at_exit = true;
	if (bpf_map_delete_elem(&descendants, &tgid) || !ends_with_files(self))
		return;
	last_ends[tgid % LAST_ENDS] = (__u64)self; /* before it is looked for */
	table = BPF_CORE_READ(self, files, fdt);
	walk.open = BPF_CORE_READ(table, open_fds);
	walk.fds = BPF_CORE_READ(table, max_fds);
	if (walk.fds > SOCKLEAK_MAX_TURNS * FDS_A_WORD)
		count(COUNTER_EXIT_UNREAD);
	bpf_for_each_map_elem(&turns, exit_turn, &walk, 0);
}

#endif /* EXITS_BPF_H */
