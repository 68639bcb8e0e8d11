/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * pending: the sockets that are made and not connected yet, and what was tried on them. An entry
 * is found by the open file and its inode, so it does not matter which descriptor a dup, a fork or
 * SCM_RIGHTS made. A young entry is in a table of its own (young.bpf.h), an older one in the map.
 *
 * Hooks write to entries and mark them. The sweeps find out which sockets have ended, by the
 * references to their files. A missed event therefore costs evidence, and never makes a false leak.
 */
#ifndef PENDING_BPF_H
#define PENDING_BPF_H

#include "classes.bpf.h"
#include "counters.bpf.h"
#include "kernel.bpf.h"
#include "snapshots.bpf.h"
#include "stacks.bpf.h"
#include "young.bpf.h"

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

/* Is there still an open file of the entry's socket? */
static __always_inline bool pending_is_open(const struct pending *entry)
{
	return file_is_open((struct file *)entry->file, entry->inode);
}

/* Was it connected, or is it gone? That a hook saw its descriptor closed is a hint only. */
static __always_inline bool has_ended(const struct pending *entry)
{
	return (entry->flags & (PENDING_USED | PENDING_DISSOLVED)) == PENDING_USED ||
	       !pending_is_open(entry);
}

/*
 * A socket of io_uring that no fd table has shown so far. It may have a direct descriptor only,
 * which is in no fd table: a full sweep for its sake would find nothing.
 */
static __always_inline bool is_without_descriptor(const struct pending *entry)
{
	return entry->fd == NO_FD && !entry->seen_sweep;
}

/*
 * Errors of map functions are kept as int: before Linux 6.4 ("bpf: return long from bpf_map_ops
 * funcs") the kernel gives a negative one back without its sign extended, and as a long it
 * equals no -EEXIST.
 */

/* What an entry has is given back. */
static __always_inline void entry_ended(const struct pending *entry, bool clean)
{
	call_site_ended(entry, clean);
	if (entry->flags & PENDING_SNAPSHOT)
		snapshot_drop(entry->inode);
}

static __always_inline void pending_drop(const struct fd_key *key, __u64 inode)
{
	bpf_map_delete_elem(&pending_by_inode, &inode);
	bpf_map_delete_elem(&pending, key);
}

/*
 * Put an entry into the index and the map: whoever meets it there finds it in the index, too. The
 * descriptor is but a name: one that an older entry has is left to that. 0, or an error: no room.
 */
static __always_inline int pending_put(const struct pending *entry, struct fd_key *ret_key)
{
	__u64 inode = entry->inode;
	int err;

	ret_key->tgid = entry->tgid;
	ret_key->fd = entry->fd;
	if (entry->fd == NO_FD || bpf_map_lookup_elem(&pending, ret_key))
		*ret_key = (struct fd_key){ .fd = inode };
	err = bpf_map_update_elem(&pending_by_inode, &inode, ret_key, BPF_ANY);
	if (err)
		return err;
	err = bpf_map_update_elem(&pending, ret_key, entry, BPF_NOEXIST);
	if (err == -EEXIST && ret_key->tgid) { /* somebody has put it there since we looked */
		*ret_key = (struct fd_key){ .fd = inode };
		err = bpf_map_update_elem(&pending_by_inode, &inode, ret_key, BPF_ANY);
		if (!err)
			err = bpf_map_update_elem(&pending, ret_key, entry, BPF_NOEXIST);
	}
	if (err)
		bpf_map_delete_elem(&pending_by_inode, &inode);
	return err;
}

/*
 * Where the program made the socket: the call itself, and what of the stack behind it is
 * to be kept. A walk along frame pointers is half of what the hook would cost, so it is
 * for sockets that have no snapshot for another reason than that their site is clean.
 */
static __always_inline void pending_origin(void *ctx, struct task_struct *self,
					   struct pending *entry, __u64 inode)
{
	struct pt_regs *regs = self_regs(self);
	struct call_site *site;
	long stack_id;

	if (regs) {
		entry->origin = PT_REGS_IP(regs);
		entry->caller = wrapper_caller(regs);
		entry->call_site = call_site_key(self, regs, entry);
	}
	site = call_site_of(entry->call_site, true);
	if (site && call_site_is_sampled_out(site, entry->since_ns)) {
		count(COUNTER_SNAPSHOTS_SAMPLED_OUT);
		entry->flags |= PENDING_SAMPLED_OUT;
	} else if (entry->call_site && snapshot_take(inode, entry->since_ns, &entry->slot)) {
		entry->flags |= PENDING_SNAPSHOT;
		if (site)
			__sync_fetch_and_add(&site->open, 1);
	} else {
		stack_id = stack_take(ctx);
		if (stack_id < 0)
			return;
		entry->flags |= PENDING_STACK;
		entry->origin = stack_id;
	}
}

/*
 * A young socket lives on: copy it into the map. A sweep that was quicker than the hook has taken
 * it in as of unknown origin; then it is told as the same one. 0, or an error: no room.
 */
static __always_inline int young_publish(struct pending *entry, struct fd_key *ret_key)
{
	struct pending *known = pending_of_inode(entry->inode, ret_key);

	if (known) {
		entry->reported = known->reported;
		pending_drop(ret_key, entry->inode);
	}
	return pending_put(entry, ret_key);
}

/*
 * Take a place of the young table, and empty it: what lives on is moved, what has ended gives back
 * what it has. `file` is the open file that has the place's address now, if it is known: its
 * last socket has ended. 1: it is taken, until young_release(). A function of its own, which the
 * verifier goes through once for all who call it.
 */
__noinline int young_take(__u32 number, __u32 second, __u64 file)
{
	struct young_pair *pair = bpf_map_lookup_elem(&young, &number);
	struct pending *entry;
	struct fd_key key = {};
	__u32 lock, mine;
	bool lives;
	int err = 0;

	if (!pair)
		return 0;
	entry = &pair->places[second & 1];
	lock = *(volatile __u32 *)&entry->lock;
	if (lock & (YOUNG_WRITERS | YOUNG_BUSY))
		return 0;
	barrier();
	lives = entry->inode && entry->file != file && !has_ended(entry);
	mine = lock | YOUNG_BUSY | (lives ? 0 : YOUNG_CLOSED);
	if (__sync_val_compare_and_swap(&entry->lock, lock, mine) != lock)
		return 0;
	if (lives) {
		err = young_publish(entry, &key);
		if (__sync_val_compare_and_swap(&entry->lock, mine, mine | YOUNG_CLOSED) != mine) {
			if (!err)
				pending_drop(&key, entry->inode);
			__sync_fetch_and_add(&entry->lock, -YOUNG_BUSY);
			return 0;
		}
	}
	if (err)
		count(COUNTER_MAP_FULL);
	if (entry->inode && (err || !lives))
		entry_ended(entry, !lives);
	entry->inode = 0;
	return 1;
}

/* An empty place for the socket of a file; NULL = both are being written to. */
static __always_inline struct pending *young_claim(__u64 file)
{
	__u32 number = young_number(file), second;
	struct young_pair *pair = bpf_map_lookup_elem(&young, &number);

	second = !young_take(number, 0, file);
	if (!pair || (second && !young_take(number, 1, file)))
		return NULL;
	barrier_var(second);
	return &pair->places[second & 1];
}

/*
 * The current thread has made a socket. Most are connected or closed before a sweep meets them:
 * what the socket itself can tell, it tells the sweep. NO_FD: io_uring made it.
 */
static __always_inline void young_add(void *ctx, struct task_struct *self, struct file *file,
				      __u32 fd)
{
	__u64 inode = file_inode_number(file);
	struct pending *entry = inode ? young_claim((__u64)file) : NULL;

	if (!entry) {
		count(inode ? COUNTER_YOUNG_BUSY : COUNTER_SOCKET_UNREADABLE);
		return;
	}
	/* all but the lock */
	__builtin_memset(entry, 0, __builtin_offsetof(struct pending, lock));
	__builtin_memset(&entry->slot, 0,
			 sizeof(*entry) - __builtin_offsetof(struct pending, slot));
	entry->file = (__u64)file;
	entry->since_ns = bpf_ktime_get_boot_ns();
	entry->cgroup_id = self->cgroups->dfl_cgrp->kn->id;
	entry->tgid = self->tgid;
	entry->tid = self->pid;
	entry->fd = fd;
	entry->uid = self->cred->uid.val;
	entry->exec_id = self->self_exec_id;
	self_comm(self, entry->comm);
	if (fd == NO_FD)
		entry->flags = PENDING_URING;
	if (fd != NO_FD || is_in_uring_call(self))
		pending_origin(ctx, self, entry, inode);
	else
		count(COUNTER_STACK_NONE);
	WRITE_IN_ORDER(entry->inode, inode);
	young_release(entry);
	count(COUNTER_TRACKED);
}

/* The entry of a socket, to be written to until young_close(); NULL when it is not pending. */
static __always_inline struct pending *entry_open(__u64 file, __u64 inode)
{
	struct pending *entry = young_open(file, inode);
	struct fd_key key;

	return entry ?: pending_of_inode(inode, &key);
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
 * would take it for one that never had any; what is not known stays 0. A function of its own, for
 * the verifier.
 */
__noinline int pending_add_dissolved(const struct call *call)
{
	struct pending entry = {}, *known;
	__u16 flags = PENDING_DISSOLVED;
	struct socket_view view = {};
	struct fd_key key;

	if (!call || !view_open((struct file *)call->file, &view) || view.inode != call->inode)
		return 0;
	if (call->dissolves == DISSOLVES_PORT)
		flags |= PENDING_WAS_PORT;
	known = entry_open(call->file, call->inode);
	if (known) { /* a sweep was there in between, or it was never of use */
		known->flags |= dissolved_flags(known, flags);
		young_close(known);
		return 0;
	}
	entry_of_unknown(&entry, &view, bpf_get_current_task_btf(), call->fd);
	entry.since_ns = bpf_ktime_get_boot_ns();
	entry.flags |= flags;
	if (pending_put(&entry, &key))
		count(COUNTER_ADOPT_FULL);
	return 0;
}

/*
 * The socket is no longer pending. Its entry stays, marked: a sweep may be judging it just now,
 * and is to send its end if it was reported.
 */
static __always_inline void pending_forget(struct pending *entry, __u64 inode, __u16 why)
{
	entry->flags |= why;
	if (!entry_is_of(entry, inode))
		entry->flags &= ~why;
}

/*
 * The current process closes fd, and nothing else refers to the file. On enter, because at exit
 * another thread may have the number already. An end that no hook sees the sweeps find as well;
 * this says that it was a close.
 */
static __always_inline void pending_close(struct task_struct *self, __u32 fd)
{
	struct fd_key key = { .tgid = self->tgid, .fd = fd };
	struct pending *entry = bpf_map_lookup_elem(&pending, &key);
	struct file *file;

	if (!entry)
		return;
	file = self_file(self, fd);
	if (entry->file == (__u64)file && file_references(file) <= 1)
		pending_forget(entry, entry->inode, PENDING_CLOSED);
}

#endif /* PENDING_BPF_H */
