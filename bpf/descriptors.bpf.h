/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * descriptors: how many descriptors each process has, and of which kinds those of a few processes
 * are. Two iterators, apart from those that judge sockets: the first is cheap and goes through all
 * processes, the second reads the fd tables of those whose number climbs.
 */
#ifndef DESCRIPTORS_BPF_H
#define DESCRIPTORS_BPF_H

#include "classes.bpf.h"
#include "events.bpf.h"
#include "filter.bpf.h"
#include "descriptors.h"

/* Magic numbers of include/uapi/linux/magic.h. */
#define PIPEFS_MAGIC 0x50495045
#define ANON_INODE_FS_MAGIC 0x09041934
#define PID_FS_MAGIC 0x50494446
#define TMPFS_MAGIC 0x01021994
#define HUGETLBFS_MAGIC 0x958458f6
#define S_IFMT 0170000
#define S_IFIFO 0010000
#define S_IFCHR 0020000
#define S_IFDIR 0040000
#define S_IFBLK 0060000
#define S_IFREG 0100000
#define NAME_READ 16

/* ---- How many: the bits of the table of open descriptors ---- */

#define WORDS_AT_ONCE 64
#define WORD_BITS 64
/* Chunks of 4,096 descriptors: a million in all, which is fs.nr_open's default. */
#define COUNT_CHUNKS 256

/* Nothing but the steps of a loop: bpf_loop() came with Linux 5.17 only. */
struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, COUNT_CHUNKS);
	__type(key, __u32);
	__type(value, __u32);
} chunks SEC(".maps");

/* The bits of a table, and how many of them are set so far. Too large for the stack. */
struct {
	__u64 words[WORDS_AT_ONCE];
	__u64 at; /* address of the next word */
	__u32 left;
	__u32 count;
} bits;

static __always_inline __u32 bits_set(__u64 word)
{
	word -= word >> 1 & 0x5555555555555555;
	word = (word & 0x3333333333333333) + (word >> 2 & 0x3333333333333333);
	word = (word + (word >> 4)) & 0x0f0f0f0f0f0f0f0f;
	return word * 0x0101010101010101 >> 56;
}

/* For bpf_for_each_map_elem(). 1 ends the loop. */
static long count_chunk(struct bpf_map *map, const __u32 *number, __u32 *value, void *unused)
{
	__u32 words = bits.left < WORDS_AT_ONCE ? bits.left : WORDS_AT_ONCE;

	if (!words || bpf_probe_read_kernel(bits.words, words * sizeof(__u64), (void *)bits.at))
		return 1;
	for (__u32 i = 0; i < WORDS_AT_ONCE && i < words; i++)
		bits.count += bits_set(bits.words[i]);
	bits.at += sizeof(bits.words);
	bits.left -= words;
	return 0;
}

/*
 * The descriptors of a process that has shared its table with nobody but its threads; a thread that
 * has a table of its own is not counted.
 */
static __always_inline __u32 count_descriptors_of(struct task_struct *task)
{
	struct files_struct *files = BPF_CORE_READ(task, files);
	struct fdtable *table;

	if (!files)
		return 0;
	table = BPF_CORE_READ(files, fdt);
	bits.at = (__u64)BPF_CORE_READ(table, open_fds);
	bits.left = BPF_CORE_READ(table, max_fds) / WORD_BITS;
	bits.count = 0;
	bpf_for_each_map_elem(&chunks, count_chunk, NULL, 0);
	return bits.count;
}

SEC("iter/task")
int count_descriptors(struct task_iterator *ctx)
{
	struct process_descriptors found = {};
	struct task_struct *task = ctx->task;

	if (!task || task->pid != task->tgid || !wanted(task))
		return 0;
	found.count = count_descriptors_of(task);
	if (!found.count)
		return 0;
	found.start_ns = task->start_boottime;
	found.cgroup_id = BPF_CORE_READ(task, cgroups, dfl_cgrp, kn, id);
	found.tgid = task->tgid;
	found.uid = BPF_CORE_READ(task, cred, uid.val);
	self_comm(task, found.comm);
	bpf_seq_write(iterator_output(ctx->meta), &found, sizeof(found));
	return 0;
}

/* ---- Their kinds ---- */

struct kinds_walk kinds;

static __always_inline bool begins_with(const char *name, const char *beginning)
{
	for (int i = 0; i < 8 && beginning[i]; i++)
		if (name[i] != beginning[i])
			return false;
	return true;
}

/* What /proc/PID/fd shows behind "anon_inode:", or the name of a file without a directory. */
static __always_inline void file_name(struct file *file, char ret_name[NAME_READ])
{
	struct dentry___name *dentry = (void *)file->f_path.dentry;

	bpf_probe_read_kernel_str(ret_name, NAME_READ, BPF_CORE_READ(dentry, d_name.name));
}

static __always_inline enum descriptor_kind anonymous_kind(const char *name)
{
	if (begins_with(name, "[eventfd"))
		return DESCRIPTOR_EVENTFD;
	if (begins_with(name, "[eventpo"))
		return DESCRIPTOR_EPOLL;
	if (begins_with(name, "inotify"))
		return DESCRIPTOR_INOTIFY;
	if (begins_with(name, "[fanotif"))
		return DESCRIPTOR_FANOTIFY;
	if (begins_with(name, "[timerfd"))
		return DESCRIPTOR_TIMERFD;
	if (begins_with(name, "[signalf"))
		return DESCRIPTOR_SIGNALFD;
	if (begins_with(name, "[pidfd"))
		return DESCRIPTOR_PIDFD;
	if (begins_with(name, "[io_urin"))
		return DESCRIPTOR_IO_URING;
	if (begins_with(name, "[perf_ev"))
		return DESCRIPTOR_PERF;
	if (begins_with(name, "bpf"))
		return DESCRIPTOR_BPF;
	return DESCRIPTOR_ANONYMOUS;
}

static __always_inline enum descriptor_kind tcp_kind(struct socket_view *view)
{
	struct sock *sk = view->sk;

	switch (BPF_CORE_READ(sk, __sk_common.skc_state)) {
	case TCP_ESTABLISHED:
		return DESCRIPTOR_TCP;
	case TCP_LISTEN:
		return DESCRIPTOR_TCP_LISTENING;
	case TCP_CLOSE_WAIT:
		return DESCRIPTOR_TCP_HALF_CLOSED;
	case TCP_CLOSE:
		return DESCRIPTOR_TCP_CLOSED;
	}
	return DESCRIPTOR_TCP_OTHER;
}

static __always_inline enum descriptor_kind socket_kind(struct socket_view *view)
{
	view_judge(view);
	if (view->use == USE_NEVER)
		return DESCRIPTOR_UNCONNECTED;
	switch (view->family) {
	case AF_INET:
	case AF_INET6:
		if (view->protocol == IPPROTO_TCP)
			return tcp_kind(view);
		return view->protocol == IPPROTO_UDP ? DESCRIPTOR_UDP : DESCRIPTOR_INET_OTHER;
	case AF_UNIX:
		return DESCRIPTOR_UNIX;
	case AF_NETLINK:
		return DESCRIPTOR_NETLINK;
	case AF_PACKET:
		return DESCRIPTOR_PACKET;
	case AF_VSOCK:
		return DESCRIPTOR_VSOCK;
	}
	return DESCRIPTOR_SOCKET_OTHER;
}

static __always_inline enum descriptor_kind regular_kind(struct file *file, __u64 magic)
{
	char name[NAME_READ] = {};

	if (magic != TMPFS_MAGIC && magic != HUGETLBFS_MAGIC)
		return DESCRIPTOR_REGULAR;
	file_name(file, name);
	return begins_with(name, "memfd:") ? DESCRIPTOR_MEMFD : DESCRIPTOR_REGULAR;
}

static __always_inline enum descriptor_kind file_kind(struct file *file)
{
	__u64 magic = file->f_inode->i_sb->s_magic;
	struct socket_view view = {};
	char name[NAME_READ] = {};

	switch (magic) {
	case SOCKFS_MAGIC:
		return view_open_met(file, &view) ? socket_kind(&view) : DESCRIPTOR_OTHER;
	case PIPEFS_MAGIC:
		return DESCRIPTOR_PIPE;
	case PID_FS_MAGIC:
		return DESCRIPTOR_PIDFD;
	case ANON_INODE_FS_MAGIC:
		file_name(file, name);
		return anonymous_kind(name);
	}
	switch (file->f_inode->i_mode & S_IFMT) {
	case S_IFREG:
		return regular_kind(file, magic);
	case S_IFDIR:
		return DESCRIPTOR_DIRECTORY;
	case S_IFIFO:
		return DESCRIPTOR_PIPE;
	case S_IFCHR:
	case S_IFBLK:
		return DESCRIPTOR_DEVICE;
	}
	return DESCRIPTOR_OTHER;
}

/* The place of a process in the list; looked up when the iterator comes to the next process. */
static __always_inline __u32 place_of(__u32 tgid)
{
	if (tgid == kinds.last_tgid)
		return kinds.last;
	kinds.last_tgid = tgid;
	for (kinds.last = 0; kinds.last < SOCKLEAK_KINDS_AT_ONCE; kinds.last++)
		if (kinds.tgids[kinds.last & (SOCKLEAK_KINDS_AT_ONCE - 1)] == tgid)
			break;
	return kinds.last;
}

SEC("iter/task_file")
int count_kinds(struct bpf_iter__task_file *ctx)
{
	struct task_struct *task = ctx->task;
	struct file *file = ctx->file;
	__u32 place, kind;

	if (!task || !file || task->pid != task->tgid)
		return 0;
	if (step_is_over())
		return SAME_AGAIN;
	place = place_of(task->tgid);
	barrier_var(place); /* so that older verifiers see that what is checked is what is used */
	if (place >= SOCKLEAK_KINDS_AT_ONCE)
		return 0;
	kind = file_kind(file);
	barrier_var(kind);
	if (kind < DESCRIPTOR_KINDS)
		kinds.by_kind[place][kind]++;
	return 0;
}

#endif /* DESCRIPTORS_BPF_H */
