/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * pending: the sockets that are made and not connected yet, and what was tried
 * on them. The hooks find an entry by descriptor; the sweeps, which meet a
 * socket under every descriptor that a dup, a fork or SCM_RIGHTS made, find it
 * by inode.
 *
 * No entry is ever trusted for what a descriptor is: every look-up compares the
 * inode. A missed event therefore costs evidence, and never makes a false leak.
 */
#ifndef PENDING_BPF_H
#define PENDING_BPF_H

#include "classes.bpf.h"
#include "counters.bpf.h"
#include "kernel.bpf.h"
#include "snapshots.bpf.h"
#include "stacks.bpf.h"
#include "tracked.bpf.h"

/*
 * Key: a second descriptor of a socket in `pending`. Value: its inode. A cache
 * for the hooks, filled by the sweeps: what LRU evicts, the next sweep restores.
 */
struct {
	__uint(type, BPF_MAP_TYPE_LRU_HASH);
	__uint(max_entries, SOCKLEAK_MAX_SOCKETS / 4);
	__type(key, struct fd_key);
	__type(value, __u64);
} aliases SEC(".maps");

/*
 * A look-up gives an element's address and no hold on it: while a hook is interrupted, other
 * threads may close the socket and make the next one, which is given the same element. What
 * was written is then taken back, unless the next socket's own entry has been written over it.
 */
static __always_inline bool entry_is_of(const struct pending *entry, __u64 inode)
{
	barrier();
	return *(const volatile __u64 *)&entry->inode == inode;
}

static __always_inline bool was_reported(const struct pending *entry)
{
	return entry->reported >> 8 == entry->inode;
}

static __always_inline __u8 reported_class(const struct pending *entry)
{
	return was_reported(entry) ? (__u8)entry->reported : CLASS_NONE;
}

/* Is there still an open file of the entry's socket? Of one whose file is not known: maybe. */
static __always_inline bool pending_is_open(const struct pending *entry)
{
	return !entry->file || file_is_open((struct file *)entry->file, entry->inode);
}

/*
 * Has it ended for sure? That a hook saw the last descriptor closed is a strong hint only:
 * a thread may have forked in that moment.
 */
static __always_inline bool has_ended(const struct pending *entry)
{
	if (entry->file)
		return entry->flags & PENDING_USED || !pending_is_open(entry);
	return entry->flags & (PENDING_CLOSED | PENDING_USED);
}

/*
 * Errors of map functions are kept as int: before Linux 6.4 ("bpf: return long from bpf_map_ops
 * funcs") the kernel gives a negative one back without its sign extended, and as a long it
 * equals no -EEXIST.
 */

/* Put the entry into the index by inode, which has one for each socket. */
static __always_inline void pending_index(const struct fd_key *key, struct pending *entry,
					  __u64 flags)
{
	__u64 inode = entry->inode;
	int err;

	if (entry->flags & PENDING_HOMED)
		return;
	err = bpf_map_update_elem(&homes, &inode, key, flags);
	if (!err)
		entry->flags |= PENDING_HOMED;
	else if (err != -EEXIST)
		count(COUNTER_HOME_FULL);
	if (!pending_at(key, inode)) /* a hook has deleted it meanwhile */
		bpf_map_delete_elem(&homes, &inode);
}

/*
 * Let the sweeps find the entry by inode. When that leads to another one, of unknown
 * origin, it stays so until a sweep makes one of the two (pending_settle()): only then is
 * what was tried through the other one known to this.
 */
static __always_inline void pending_home(const struct fd_key *key, struct pending *entry)
{
	pending_index(key, entry, BPF_NOEXIST);
}

static __always_inline void pending_delete(const struct fd_key *key, const struct pending *entry)
{
	__u64 inode = entry->inode; /* the entry is another's once it is deleted */
	__u16 flags = entry->flags;
	struct fd_key *home;

	bpf_map_delete_elem(&pending, key);
	if (flags & PENDING_SNAPSHOT)
		snapshot_drop(inode);
	if (!(flags & PENDING_HOMED))
		return;
	home = bpf_map_lookup_elem(&homes, &inode);
	if (home && home->tgid == key->tgid && home->fd == key->fd)
		bpf_map_delete_elem(&homes, &inode);
}

/*
 * A new socket has the descriptor of an older entry. That one's descriptor was
 * closed out of sight (dup2, close_range, exec) or while another one led to the
 * same socket. Keep it under a key of its own until a sweep has decided. An error
 * when there is no room for both.
 */
static __always_inline int pending_move_aside(const struct fd_key *key, __u64 new_inode)
{
	struct pending *old = bpf_map_lookup_elem(&pending, key);
	struct fd_key aside = {}, *home;
	__u64 inode;
	int err;

	if (!old || old->inode == new_inode)
		return 0;
	if (!was_reported(old) && has_ended(old)) {
		pending_delete(key, old);
		return 0;
	}
	inode = old->inode;
	aside.fd = inode;
	err = bpf_map_update_elem(&pending, &aside, old, BPF_ANY);
	if (err)
		return err;
	old = bpf_map_lookup_elem(&pending, &aside);
	home = bpf_map_lookup_elem(&homes, &inode);
	if (home && home->tgid == key->tgid && home->fd == key->fd)
		bpf_map_delete_elem(&homes, &inode);
	if (old) {
		old->flags &= ~PENDING_HOMED;
		pending_home(&aside, old);
	}
	return 0;
}

/* Full is full: the newest is not tracked, and counted, rather than an older one lost. */
static __always_inline int pending_insert(const struct fd_key *key, const struct pending *entry,
					  enum counter full)
{
	int err = bpf_map_update_elem(&pending, key, entry, BPF_NOEXIST);

	if (err == -EEXIST) {
		err = pending_move_aside(key, entry->inode);
		if (!err)
			err = bpf_map_update_elem(&pending, key, entry, BPF_ANY);
	}
	if (err)
		count(full);
	return err;
}

/*
 * Where the program made the socket: the call itself, and what of the stack behind it is
 * to be kept. A walk along frame pointers is half of what the hook would cost, so it is
 * for sockets that have no snapshot for another reason than that their site is clean.
 */
static __always_inline void pending_origin(void *ctx, struct task_struct *self,
					   struct pending *entry)
{
	struct pt_regs *regs = self_regs(self);
	long stack_id;

	if (regs) {
		entry->origin = ARCH_PC(regs);
		entry->caller = wrapper_caller(regs);
		entry->call_site = call_site_key(entry->tgid, entry->caller, ARCH_SP(regs));
	}
	if (entry->call_site && call_site_spared(entry->call_site, entry->since_ns)) {
		count(COUNTER_SNAPSHOTS_SPARED);
		entry->flags |= PENDING_SPARED;
	} else if (entry->call_site && snapshot_take(entry->inode, entry->since_ns)) {
		entry->flags |= PENDING_SNAPSHOT;
	} else {
		stack_id = stack_take(ctx);
		if (stack_id < 0)
			return;
		entry->flags |= PENDING_STACK;
		entry->origin = stack_id;
	}
}

/*
 * The current thread has made the socket behind fd. Most sockets are connected or closed
 * before a sweep meets them: what the socket itself can tell, it tells the sweep.
 */
static __always_inline void pending_add(void *ctx, struct task_struct *self, __u32 fd)
{
	struct fd_key key = { .tgid = self->tgid, .fd = fd };
	struct file *file = self_file(self, fd);
	struct pending entry = {};

	entry.inode = file_inode_number(file);
	if (!entry.inode) {
		count(COUNTER_SOCKET_UNREADABLE);
		return;
	}
	entry.file = (__u64)file;
	entry.since_ns = bpf_ktime_get_boot_ns();
	entry.cgroup_id = self->cgroups->dfl_cgrp->kn->id;
	entry.tgid = key.tgid;
	entry.tid = self->pid;
	entry.fd = fd;
	entry.uid = self->cred->uid.val;
	entry.exec_id = self->self_exec_id;
	self_comm(self, entry.comm);
	pending_origin(ctx, self, &entry);
	if (!pending_insert(&key, &entry, COUNTER_MAP_FULL))
		count(COUNTER_TRACKED);
	else if (entry.flags & PENDING_SNAPSHOT)
		snapshot_drop(entry.inode);
}

/* What an entry takes over when connect(AF_UNSPEC) was seen on its socket elsewhere. */
static __always_inline __u16 dissolved_flags(const struct pending *entry, __u16 flags)
{
	if (flags & PENDING_WAS_PORT && has_port_by_connect(entry))
		return 0;
	return flags & (PENDING_DISSOLVED | PENDING_WAS_PORT);
}

/*
 * The current thread has dissolved the connection of a socket. Kept, or a sweep
 * would take it for one that never had any; what is not known stays 0.
 */
static __always_inline void pending_add_dissolved(const struct fd_key *key, __u64 inode,
						  enum dissolves what)
{
	__u16 flags = PENDING_DISSOLVED | (what == DISSOLVES_PORT ? PENDING_WAS_PORT : 0);
	struct pending entry = {}, *known;
	struct socket_view view = {};
	struct fd_key home;

	if (!view_open(current_file(key->fd), &view) || view.inode != inode)
		return;
	known = pending_by_inode(inode, &home);
	if (known) { /* a sweep was there in between, or it was never of use */
		known->flags |= dissolved_flags(known, flags);
		return;
	}
	entry.inode = inode;
	entry.file = (__u64)view.file;
	entry.family = view.family;
	entry.type = view.type;
	entry.protocol = view.protocol;
	entry.since_ns = bpf_ktime_get_boot_ns();
	entry.cgroup_id = bpf_get_current_cgroup_id();
	entry.tgid = key->tgid;
	entry.fd = key->fd;
	entry.uid = bpf_get_current_uid_gid();
	bpf_get_current_comm(entry.comm, sizeof(entry.comm));
	entry.flags = PENDING_ORIGIN_UNKNOWN | flags;
	if (pending_insert(key, &entry, COUNTER_ADOPT_FULL))
		return;
	known = pending_at(key, inode);
	if (known)
		pending_home(key, known); /* sweeps meet it through other descriptors first */
}

/*
 * Of a socket that a sweep took in as of unknown origin: the entry that a hook made all
 * the same, if there is one.
 */
static __always_inline struct pending *pending_of_known(struct pending *entry,
							struct fd_key *ret_key)
{
	struct fd_key home;
	struct pending *known = pending_by_inode(entry->inode, &home);

	if (!known)
		return entry;
	*ret_key = home;
	return known;
}

/*
 * The entry of the socket behind a descriptor of the current process, and the
 * entry's key; NULL when it is not pending. Most descriptors are not, and are
 * told so by the maps alone, without a look at the fd table.
 */
static __always_inline struct pending *pending_of_current(struct task_struct *self, __u32 fd,
							  struct fd_key *ret_key)
{
	struct pending *entry;

	ret_key->tgid = self->tgid;
	ret_key->fd = fd;
	entry = bpf_map_lookup_elem(&pending, ret_key);
	if (!entry) {
		__u64 *inode = bpf_map_lookup_elem(&aliases, ret_key);

		entry = inode ? pending_by_inode(*inode, ret_key) : NULL;
	}
	if (!entry || entry->inode != file_inode_number(self_file(self, fd)))
		return NULL;
	return entry->flags & PENDING_ORIGIN_UNKNOWN ? pending_of_known(entry, ret_key) : entry;
}

/*
 * The same for a descriptor that no sweep has seen yet: a dup whose original was
 * closed, a child's, one of a thread with a table of its own. Costs more, so only
 * for what is rarely called on a socket that is not pending.
 */
static __always_inline struct pending *pending_of_stranger(__u32 fd, struct fd_key *ret_key)
{
	struct task_struct *task = (void *)bpf_get_current_task();
	__u64 inode = file_inode_number(current_file(fd));
	struct pending *entry = pending_by_inode(inode, ret_key);

	if (entry)
		return entry;
	ret_key->tgid = BPF_CORE_READ(task, real_parent, tgid);
	ret_key->fd = fd;
	return pending_at(ret_key, inode);
}

/*
 * The socket is no longer pending. One that a sweep knows stays, marked: the
 * sweep may be judging it just now, and is to send its end if it was reported.
 */
static __always_inline void pending_forget(const struct fd_key *key, struct pending *entry,
					   __u64 inode, __u16 why)
{
	if (!was_reported(entry) && !(entry->flags & PENDING_SPARED)) /* that site is clean */
		call_site_ended(entry->call_site, true);
	if (!(entry->flags & PENDING_HOMED) && !was_reported(entry)) {
		pending_delete(key, entry);
		return;
	}
	entry->flags |= why;
	if (!entry_is_of(entry, inode))
		entry->flags &= ~why;
}

/*
 * The current process closes fd. On enter, because at exit another thread may
 * have the number already. When other descriptors lead to the socket, the sweeps
 * decide when its end has come. The file's address will do for a name here: when another
 * one has it by now, the entry's socket has ended before.
 */
static __always_inline void pending_close(struct task_struct *self, __u32 fd)
{
	struct fd_key key = { .tgid = self->tgid, .fd = fd };
	struct pending *entry = bpf_map_lookup_elem(&pending, &key);
	struct file *file;
	__u64 inode;

	if (!entry)
		return;
	inode = entry->inode;
	file = self_file(self, fd);
	if (entry->file ? entry->file != (__u64)file : file_inode_number(file) != entry->inode)
		return;
	if (file_references(file) > 1)
		pending_home(&key, entry); /* so that it is found under the other ones */
	else
		pending_forget(&key, entry, inode, PENDING_CLOSED);
}

#endif /* PENDING_BPF_H */
