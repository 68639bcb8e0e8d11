/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * pending: the sockets that are created and not connected yet, and what was tried on them. An entry
 * is found by the open file and its inode, whatever the descriptor is (dup, fork, SCM_RIGHTS). A
 * young entry is in a table of its own (young.bpf.h), an older one in the map.
 *
 * Hooks write to entries and mark them. The sweeps find out which sockets have ended, by the
 * references to their files.
 */
#ifndef PENDING_BPF_H
#define PENDING_BPF_H

#include "classes.bpf.h"
#include "connected.bpf.h"
#include "counters.bpf.h"
#include "kernel.bpf.h"
#include "snapshots.bpf.h"
#include "stacks.bpf.h"
#include "used.bpf.h"
#include "young.bpf.h"

/*
 * A look-up does not lock the element. While a hook is interrupted, other threads may close the
 * socket and create the next one, which gets the same element. Then what was written is taken back,
 * unless the new entry has overwritten it.
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

/* Was it connected, or is it gone? A hook of close is only a hint. */
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
 * Errors of map functions are kept as int. Before Linux 6.4 ("bpf: return long from bpf_map_ops
 * funcs") they are not sign-extended, so as a long none is equal to -EEXIST.
 */

/* Give back what the entry holds. `used`: it ends because its socket is in use. */
static __always_inline void entry_ended(const struct pending *entry, bool clean, bool used)
{
	bool reported = used && used_is_reported(entry);

	call_site_ended(entry, clean);
	if (entry->flags & PENDING_SNAPSHOT && !reported)
		snapshot_drop(entry->inode);
	if (entry->flags & PENDING_TRY)
		snapshot_drop(TRY_INODE(entry->inode));
}

/* `entry`: what is in the map, or was copied to it. */
static __always_inline void pending_drop(const struct fd_key *key, const struct pending *entry)
{
	__u32 owner = entry->owner, tgid = entry->tgid, counted = entry->counted;
	__u64 inode = entry->inode;

	bpf_map_delete_elem(&pending_by_inode, &inode);
	if (!bpf_map_delete_elem(&pending, key))
		share_give_entry(owner, tgid, counted);
}

/*
 * Put an entry into the index, then into the map, so that an entry in the map is always in the
 * index. If an older entry has the key, the new one gets the key 0 and its inode. Returns 0 or an
 * error: no room, or -EDQUOT, none for its owner.
 */
static __always_inline int pending_put(struct pending *entry, struct fd_key *ret_key)
{
	__u64 inode = entry->inode;
	int err = share_take_entry(entry, false);

	if (err)
		return err;
	ret_key->tgid = entry->tgid;
	ret_key->fd = entry->fd;
	if (entry->fd == NO_FD || bpf_map_lookup_elem(&pending, ret_key))
		*ret_key = (struct fd_key){ .fd = inode };
	err = bpf_map_update_elem(&pending_by_inode, &inode, ret_key, BPF_ANY);
	if (err) {
		share_give_entry(entry->owner, entry->tgid, entry->counted);
		return err;
	}
	err = bpf_map_update_elem(&pending, ret_key, entry, BPF_NOEXIST);
	if (err == -EEXIST && ret_key->tgid) { /* somebody has put it there since we looked */
		*ret_key = (struct fd_key){ .fd = inode };
		err = bpf_map_update_elem(&pending_by_inode, &inode, ret_key, BPF_ANY);
		if (!err)
			err = bpf_map_update_elem(&pending, ret_key, entry, BPF_NOEXIST);
	}
	if (err) {
		bpf_map_delete_elem(&pending_by_inode, &inode);
		share_give_entry(entry->owner, entry->tgid, entry->counted);
	}
	return err;
}

/*
 * The creator of a socket. It is read before anything else, where one path leads to it: for each
 * pointer that is loaded from the current task, and for each path, the verifier of Linux 6.18
 * searches all types of the kernel four times, in 1 ms.
 */
struct creator {
	__u64 cgroup_id;
	__u64 exe, stack_end; /* for call_site_key() */
	__u32 uid;
};

static __always_inline struct creator creator_of(struct task_struct *self)
{
	struct creator creator = {
		.cgroup_id = self->cgroups->dfl_cgrp->kn->id,
		.uid = self->cred->uid.val,
	};

	if (settings.stack_size) {
		creator.exe = self_exe_number(self);
		creator.stack_end = self_stack_end(self);
	}
	barrier_var(creator.cgroup_id); /* or the compiler loads them where they are used */
	barrier_var(creator.uid);
	barrier_var(creator.exe);
	barrier_var(creator.stack_end);
	return creator;
}

/*
 * Where the program created the socket: the call, and what is kept of the stack. A walk along frame
 * pointers is half of the hook's cost. So it is taken only if a snapshot was wanted and not
 * available.
 */
static __always_inline void pending_origin(void *ctx, struct task_struct *self,
					   const struct creator *creator, struct pending *entry,
					   __u64 inode)
{
	struct pt_regs *regs = self_regs(self);
	struct call_site *site;
	long stack_id;
	int err;

	if (regs) {
		entry->origin = PT_REGS_IP(regs);
		entry->caller = wrapper_caller(regs);
		entry->call_site = call_site_key(regs, entry, creator->exe, creator->stack_end);
	}
	site = call_site_of(entry->call_site, true);
	if (site && call_site_is_sampled_out(site, entry->since_ns)) {
		count(COUNTER_SNAPSHOTS_SAMPLED_OUT);
		entry->flags |= PENDING_SAMPLED_OUT;
		return;
	}
	err = entry->call_site ? snapshot_take(inode, entry->since_ns, CALL_NONE,
					       site ? site->open : 0, &entry->slot) :
				 -ENOENT;
	if (!err) {
		entry->flags |= PENDING_SNAPSHOT;
		if (site)
			__sync_fetch_and_add(&site->open, 1);
	} else if (err == -EDQUOT) { /* else its user would fill the map of stacks */
		entry->flags |= PENDING_SAMPLED_OUT;
	} else {
		stack_id = stack_take(ctx);
		if (stack_id < 0)
			return;
		entry->flags |= PENDING_STACK;
		entry->origin = stack_id;
	}
}

/*
 * A young socket lives on: copy it into the map. If a sweep was quicker than the hook and added the
 * socket as of unknown origin, this entry continues that one. Returns 0 or an error: no room.
 */
static __always_inline int young_publish(struct pending *entry, struct fd_key *ret_key)
{
	struct pending *known = pending_of_inode(entry->inode, ret_key);

	if (known) {
		entry->reported = known->reported;
		pending_drop(ret_key, known);
	}
	return pending_put(entry, ret_key);
}

/*
 * Take a place of the young table and empty it: an open socket moves to the map, as does one that a
 * process has left at its end; another ended one gives back what it holds. `file` is the open file
 * that now has the place's address, if known; its former socket has ended. Returns 1 if the place
 * is taken, until young_release(). A global function, so that the verifier goes through it once.
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
	lives = entry->inode && (entry->left || (entry->file != file && !has_ended(entry)));
	mine = lock | YOUNG_BUSY | (lives ? 0 : YOUNG_CLOSED);
	if (__sync_val_compare_and_swap(&entry->lock, lock, mine) != lock)
		return 0;
	if (lives) {
		err = young_publish(entry, &key);
		if (__sync_val_compare_and_swap(&entry->lock, mine, mine | YOUNG_CLOSED) != mine) {
			if (!err)
				pending_drop(&key, entry);
			__sync_fetch_and_add(&entry->lock, -YOUNG_BUSY);
			return 0;
		}
	}
	if (err)
		count(err == -EDQUOT ? COUNTER_SHARE_FULL : COUNTER_MAP_FULL);
	if (entry->inode && (err || !lives) && (lives || !connected_keep(entry, file)))
		entry_ended(entry, !lives, entry->flags & PENDING_USED && entry->file != file);
	entry->inode = 0;
	return 1;
}

/*
 * Is the second place to be preferred? Where connections are kept, the one in the first would have
 * to be moved now.
 */
static __always_inline __u32 young_begins_at(const struct young_pair *pair, __u64 file)
{
	return keeps_connected() && pair->places[0].inode && pair->places[0].file != file &&
	       !pair->places[1].inode;
}

/* An empty place for the socket of a file; NULL = both are being written. */
static __always_inline struct pending *young_claim(__u64 file)
{
	__u32 number = young_number(file), place;
	struct young_pair *pair = bpf_map_lookup_elem(&young, &number);

	if (!pair)
		return NULL;
	place = young_begins_at(pair, file);
	if (!young_take(number, place, file)) {
		place ^= 1;
		if (!young_take(number, place, file))
			return NULL;
	}
	barrier_var(place);
	return &pair->places[place & 1];
}

/*
 * The current thread has created a socket. Most sockets are connected or closed before a sweep
 * meets them, so what can be read from the socket later is left to the sweep. NO_FD: io_uring
 * created it.
 */
static __always_inline void young_add(void *ctx, struct task_struct *self,
				      const struct creator *creator, struct file *file, __u32 fd)
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
	entry->cgroup_id = creator->cgroup_id;
	entry->tgid = self->tgid;
	entry->tid = self->pid;
	entry->fd = fd;
	entry->uid = creator->uid;
	entry->exec_id = self->self_exec_id;
	self_comm(self, entry->comm);
	if (fd == NO_FD)
		entry->flags = PENDING_URING;
	if (fd != NO_FD || is_in_uring_call(self))
		pending_origin(ctx, self, creator, entry, inode);
	else
		count(COUNTER_STACK_NONE);
	WRITE_IN_ORDER(entry->inode, inode);
	young_release(entry);
	count(COUNTER_TRACKED);
}

/* The entry of a socket, to be written until young_close(); NULL if it is not pending. */
static __always_inline struct pending *entry_open(__u64 file, __u64 inode)
{
	struct pending *entry = young_open(file, inode);
	struct fd_key key;

	return entry ?: pending_of_inode(inode, &key);
}

/* The flags that an entry takes over if connect(AF_UNSPEC) was seen on its socket meanwhile. */
static __always_inline __u16 dissolved_flags(const struct pending *entry, __u16 flags)
{
	if (flags & PENDING_WAS_PORT && has_port_by_connect(entry))
		return 0;
	return flags & (PENDING_DISSOLVED | PENDING_WAS_PORT);
}

/*
 * Where the entry of such a socket is put together. It does not fit on the stack: before Linux 6.13
 * a program and what it calls share 512 bytes.
 */
struct dissolved {
	struct pending entry;
	__u32 busy; /* by another program, which this one has interrupted */
};

struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct dissolved);
} dissolving SEC(".maps");

static __always_inline void entry_add_dissolved(struct pending *entry, const struct call *call,
						const struct socket_view *view, __u16 flags)
{
	struct fd_key key;

	__builtin_memset(entry, 0, sizeof(*entry));
	entry_of_unknown(entry, view, bpf_get_current_task_btf(), call->fd);
	entry->since_ns = bpf_ktime_get_boot_ns();
	entry->flags |= flags;
	if (pending_put(entry, &key))
		count(COUNTER_ADOPT_FULL);
}

/*
 * The current thread has ended the connection of a socket. It is kept, or a sweep would take it for
 * one that never had a connection. Fields that are not known stay 0. A global function, for the
 * verifier.
 */
__noinline int pending_add_dissolved(const struct call *call)
{
	__u16 flags = PENDING_DISSOLVED;
	struct socket_view view = {};
	struct dissolved *dissolved;
	struct pending *known;
	__u32 zero = 0;

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
	dissolved = bpf_map_lookup_elem(&dissolving, &zero);
	if (!dissolved || __sync_lock_test_and_set(&dissolved->busy, 1)) {
		count(COUNTER_YOUNG_BUSY);
		return 0;
	}
	entry_add_dissolved(&dissolved->entry, call, &view, flags);
	dissolved->busy = 0;
	return 0;
}

/*
 * The socket is not pending any more. Its entry stays and is marked: a sweep may be judging it, and
 * sends its end if it was reported.
 */
static __always_inline void pending_forget(struct pending *entry, __u64 inode, __u16 why)
{
	entry->flags |= why;
	if (!entry_is_of(entry, inode))
		entry->flags &= ~why;
}

/*
 * The current process closes fd, and nothing else refers to the file. This is done at enter,
 * because at exit another thread may already have the number. The sweeps find every end as well;
 * this adds that it was a close.
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
