/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * snapshots: copies of the top of the user stack, from which user space unwinds code without frame
 * pointers. A copy costs more than all else here. So a call site whose sockets have all come clean
 * gets one only now and then.
 */
#ifndef SNAPSHOTS_BPF_H
#define SNAPSHOTS_BPF_H

#include "stacks.bpf.h"
#include "filter.bpf.h"
#include "shares.bpf.h"

#define SNAPSHOT_READS (SOCKLEAK_STACK_SIZE_MAX / SNAPSHOT_PAGE + 1)
#define SAMPLED_ONE_IN 64 /* one socket in so many of a clean site has a snapshot */

/*
 * Key: slot. Value: struct snapshot with --stack-size bytes of stack behind it. Sized by
 * --snapshots. Whoever took a slot off `free_slots` may write to it. User space maps the slot that
 * it reads: a copy by bpf(2) would keep hooks from running as long as it takes.
 */
struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(map_flags, BPF_F_MMAPABLE);
	__uint(max_entries, SOCKLEAK_SNAPSHOTS);
	__uint(key_size, sizeof(__u32));
	__uint(value_size, SNAPSHOT_SLOT(SOCKLEAK_STACK_SIZE));
} snapshots SEC(".maps");

/* Value: a free slot. User space fills it at the start. Never full: it has room for all. */
struct {
	__uint(type, BPF_MAP_TYPE_STACK);
	__uint(max_entries, SOCKLEAK_SNAPSHOTS);
	__uint(key_size, 0);
	__uint(value_size, sizeof(__u32));
} free_slots SEC(".maps");

/*
 * Key: a socket's inode. Value: its slot. Whoever deletes the entry gives the slot back. Deleting
 * succeeds once, so no slot is given back twice. Never full: it has as many entries as there are
 * slots.
 */
struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, SOCKLEAK_SNAPSHOTS);
	__type(key, __u64);
	__type(value, __u32);
} slots SEC(".maps");

/* Slots that hold the stack of a call that failed (tries.bpf.h): at most settings.try_stacks. */
__s32 tries_held;

#define WALK_TURNS 512

/*
 * Nothing is in it: bpf_for_each_map_elem() over it is a loop of as many turns, of which the
 * verifier goes through one. It would go through each turn of a loop that is written as one, in
 * each program that takes a snapshot: a start of sockleak would take twice as long. It also lets
 * kernels before 5.17 do without bpf_loop().
 */
struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, WALK_TURNS);
	__type(key, __u32);
	__type(value, __u64);
} walk_turns SEC(".maps");

#include "scripts.bpf.h" /* they go into a slot, too */

/* How the sockets of one creation site have ended so far. */
struct call_site {
	__u64 key;   /* of the call: call_site_key(); 0 = none is here */
	__s32 clean; /* connected or closed in time */
	__u32 dirty; /* one has ever been pending for longer than the threshold */
	__s32 open;  /* have a snapshot, and how they end is not known yet */
	__s32 kept;  /* connected sockets that keep their snapshot (connected.bpf.h) */
};

struct call_site_pair {
	struct call_site sites[2];
};

/*
 * Key: a part of the call site's key. Value: two sites. A third one replaces the one with fewer
 * clean sockets, which is then new again if it comes back. An array costs half of a hash map. With
 * single places two busy sites could evict each other in turn.
 */
struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, SOCKLEAK_MAX_SITES / 2);
	__type(key, __u32);
	__type(value, struct call_site_pair);
} call_sites SEC(".maps");

static __always_inline __u64 hash_more(__u64 hash, __u64 value)
{
	hash = (hash ^ value) * 0x9e3779b97f4a7c15;
	return hash ^ hash >> 32;
}

/*
 * The key of a call site, without the process, so that short-lived workers share it: the cgroup,
 * the user, the program, the depth of the stack, and the offsets in a page of the call and of its
 * return address, which do not depend on where code is loaded. So what one user does has no effect
 * on the snapshots of another one. `exe` and `stack_end` are those of self_exe_number() and
 * self_stack_end(). 0 = no snapshots are taken.
 */
static __always_inline __u64 call_site_key(struct pt_regs *regs, const struct pending *entry,
					   __u64 exe, __u64 stack_end)
{
	__u64 key = entry->cgroup_id ^ (__u64)entry->uid << 32;

	if (!settings.stack_size)
		return 0;
	key = hash_more(key, exe);
	key = hash_more(key, stack_end - PT_REGS_SP(regs));
	return hash_more(key, (PT_REGS_IP(regs) & 0xfff) << 12 | (entry->caller & 0xfff)) | 1;
}

/* One of SAMPLED_ONE_IN sockets, by its time: cheaper than a random number. */
static __always_inline bool is_sample(__u64 since_ns)
{
	return since_ns * 0x9e3779b97f4a7c15 >> 32 < (1ULL << 32) / SAMPLED_ONE_IN;
}

/* NULL = nothing is sampled; or, unless it `begins`, the site was evicted. */
static __always_inline struct call_site *call_site_of(__u64 key, bool begins)
{
	__u32 number = key >> 40 & (SOCKLEAK_MAX_SITES / 2 - 1);
	struct call_site_pair *pair = bpf_map_lookup_elem(&call_sites, &number);
	struct call_site *site;
	__u64 second;

	if (!pair || !key || !(settings.sample_after || settings.try_stacks))
		return NULL;
	second = pair->sites[1].key == key;
	barrier_var(second); /* as in young_of() */
	site = &pair->sites[second & 1];
	if (site->key == key || !begins)
		return site->key == key ? site : NULL;
	site = &pair->sites[pair->sites[1].clean < pair->sites[0].clean];
	site->clean = site->dirty = site->open = site->kept = 0;
	site->key = key;
	return site;
}

/*
 * Does this socket go without a snapshot? Yes at a clean site, and if the site has as many
 * snapshots outstanding as would make it clean, so that a busy site does not take all slots. A
 * sample is always taken.
 */
static __always_inline bool call_site_is_sampled_out(const struct call_site *site, __u64 since_ns)
{
	__s32 enough = settings.sample_after;

	return enough && !site->dirty && !is_sample(since_ns) &&
	       (site->clean >= enough || site->open >= enough);
}

/* The end of a socket is known. It is `clean` if it was connected or closed in time. */
static __always_inline void call_site_ended(const struct pending *entry, bool clean)
{
	struct call_site *site;

	if (entry->flags & PENDING_SAMPLED_OUT)
		return;
	site = call_site_of(entry->call_site, false);
	if (!site)
		return;
	site->clean += clean;
	if (entry->flags & PENDING_SNAPSHOT)
		__sync_fetch_and_add(&site->open, -1);
}

/* A socket is pending for longer than the threshold. */
static __always_inline void call_site_kept(const struct pending *entry)
{
	struct call_site *site = call_site_of(entry->call_site, false);

	if (site)
		site->dirty = 1;
}

/* The search for a signal frame in an alternate stack [start, start + size), from `frame` down. */
struct signal_search {
	__u64 frame, sp, start, size;
	__u64 interrupted; /* the stack pointer in the frame; 0 = not found */
};

_Static_assert(SIGFRAME_STEPS <= WALK_TURNS, "the search has a turn for each place");

/* One place: is the frame there? */
static long signal_frame_turn(struct bpf_map *map, const __u32 *turn, void *value,
			      struct signal_search *search)
{
	__u64 frame = search->frame, stack[3];

	if (*turn >= SIGFRAME_STEPS || frame < search->sp || frame - search->start >= search->size)
		return 1;
	search->frame -= SIGFRAME_ALIGN;
	if (bpf_probe_read_user(stack, sizeof(stack), (void *)(frame + SIGFRAME_STACK)) ||
	    stack[0] != search->start || stack[2] != search->size || !sigframe_fits(frame))
		return 0;
	return !bpf_probe_read_user(&search->interrupted, sizeof(search->interrupted),
				    (void *)(frame + SIGFRAME_SP));
}

/*
 * The stack pointer of the code that was interrupted when the thread went to its alternate signal
 * stack [start, start + size), where it is at `sp`. It is in the signal frame at the upper end of
 * that stack, which also repeats what sigaltstack(2) was given. 0 = not found.
 */
static __always_inline __u64 interrupted_sp(__u64 sp, __u64 start, __u64 size)
{
	struct signal_search search = { .sp = sp, .start = start, .size = size };

	search.frame = ((start + size - SIGFRAME_ABOVE) & -SIGFRAME_ALIGN) - SIGFRAME_BYTES;
	bpf_for_each_map_elem(&walk_turns, signal_frame_turn, &search, 0);
	return search.interrupted - start < size ? 0 : search.interrupted;
}

/* Read into stack[at]. The barriers keep the bounds where the verifier sees them. */
static __always_inline bool snapshot_read(struct snapshot *snapshot, __u64 at, __u64 len,
					  __u64 from)
{
	barrier_var(at);
	barrier_var(len);
	return at <= settings.stack_size && len <= SNAPSHOT_PAGE &&
	       !bpf_probe_read_user(snapshot->stack + at, len, (void *)from);
}

/*
 * Copy the memory from `from` upwards behind the `len` bytes that are there, page by page, until
 * `room` bytes are there, nothing can be read, or `end` is reached (if it is above; for a coroutine
 * it is not). Returns the bytes that are there then. Whole pages are read and the last one is cut,
 * so that the verifier has only one way through the loop.
 */
static __always_inline __u64 snapshot_copy(struct snapshot *snapshot, __u64 len,
					   enum snapshot_part part, __u32 room, __u64 from,
					   __u64 end)
{
	__u64 to = from + room - len, before = len, piece;

	if (from < end && end < to)
		to = end;
	snapshot->pieces[part].address = from;
	for (int i = 0; i < SNAPSHOT_READS && from < to; i++) {
		piece = SNAPSHOT_PAGE - (from & (SNAPSHOT_PAGE - 1));
		if (!snapshot_read(snapshot, len, piece, from))
			break;
		from += piece;
		len += piece;
	}
	if (from > to)
		len -= from - to;
	snapshot->pieces[part].len = len - before;
	return len;
}

/*
 * The outer end of a stack that goes on at `from`, where the copy ended for lack of room or at a
 * page that was never touched: the memory below `end`, up to a page. Unwinding gets there if one
 * large frame is in between. Returns the bytes that are there then.
 */
static __always_inline __u64 snapshot_copy_end(struct snapshot *snapshot, __u64 len, __u64 from,
					       __u64 end)
{
	__u64 piece = end - from < SNAPSHOT_PAGE ? end - from : SNAPSHOT_PAGE;

	if (!snapshot_read(snapshot, len, piece, end - piece)) {
		piece = end & (SNAPSHOT_PAGE - 1); /* what lies in the last page */
		if (end - from < piece || !snapshot_read(snapshot, len, piece, end - piece))
			return len;
	}
	snapshot->pieces[SNAPSHOT_END].address = end - piece;
	snapshot->pieces[SNAPSHOT_END].len = piece;
	return len + piece;
}

/*
 * Fill a slot: the stack from its pointer upwards; in a signal handler with its own stack, the
 * interrupted stack too; and if that is not all of it, or does not fit in `room`, the outer end of
 * the thread's stack. A global function, so that the verifier goes through it once, with a frame of
 * its own.
 */
__noinline int snapshot_fill(__u32 slot, __u32 room)
{
	struct snapshot *snapshot = bpf_map_lookup_elem(&snapshots, &slot);
	struct task_struct *task = (void *)bpf_get_current_task();
	__u64 alternate = BPF_CORE_READ(task, sas_ss_sp), size = BPF_CORE_READ(task, sas_ss_size);
	struct pt_regs *regs = user_regs();
	__u64 from, len, end = self_stack_end(bpf_get_current_task_btf());

	if (!snapshot || !regs)
		return 0;
	from = PT_REGS_SP(regs);
	arch_regs(regs, snapshot->regs);
	__builtin_memset(snapshot->pieces, 0, sizeof(snapshot->pieces));
	if (from - alternate < size) {
		len = snapshot_copy(snapshot, 0, SNAPSHOT_NEAR, room, from, alternate + size);
		from = interrupted_sp(from, alternate, size);
		len = snapshot_copy(snapshot, len, SNAPSHOT_INTERRUPTED, room, from, end);
		from += snapshot->pieces[SNAPSHOT_INTERRUPTED].len;
	} else {
		len = snapshot_copy(snapshot, 0, SNAPSHOT_NEAR, room, from, end);
		from += len;
	}
	if (from < end)
		len = snapshot_copy_end(snapshot, len, from, end);
	snapshot->len = len;
	snapshot->n_regs = ARCH_REGS;
	return 0;
}

/*
 * Take a snapshot of the current user stack: for a new socket, or for a `failed` call. An error if
 * there is none; -EDQUOT: its user has enough of them, and the call site has `site_open`. *ret_slot
 * is for the socket's entry, where user space finds it. Only a connect that failed has script
 * frames, because each program that looks for them takes long to verify.
 */
static __always_inline int snapshot_take(__u64 inode, __u64 since_ns, enum call_kind failed,
					 __s32 site_open, __u32 *ret_slot)
{
	struct task_struct *self = bpf_get_current_task_btf();
	struct pt_regs *regs = self_regs(self);
	struct snapshot *snapshot;
	__u32 slot, owner, place = SCRIPT_NOWHERE;

	if (!regs)
		return -ENOENT;
	if (!share_take_slot(site_open, &owner)) {
		count(COUNTER_NO_SLOT_SHARE);
		return -EDQUOT;
	}
	if (bpf_map_pop_elem(&free_slots, &slot)) {
		count(failed ? COUNTER_NO_TRY_SLOT : COUNTER_NO_SLOT);
		share_give(SHARE_SNAPSHOTS, owner);
		return -ENOENT;
	}
	snapshot = bpf_map_lookup_elem(&snapshots, &slot);
	if (!snapshot)
		return -ENOENT; /* not possible: free_slots holds their keys */
	snapshot->owner = owner;
	snapshot->n_regs = 0;
	snapshot->script_kind = snapshot->script_len = snapshot->script_cut = 0;
	snapshot->since_ns = since_ns;
	snapshot->call = failed;
	snapshot->tgid = self->tgid;
	snapshot->exec_id = self->self_exec_id;
	WRITE_IN_ORDER(snapshot->inode, inode); /* the copy that follows is of this socket */
	if (settings.script_depth && (!failed || failed == CALL_CONNECT))
		place = script_find(slot);
	snapshot_fill(slot, place == SCRIPT_NOWHERE ? settings.stack_size :
						      SNAPSHOT_NATIVE(settings.stack_size));
	if (place != SCRIPT_NOWHERE)
		script_fill(slot, place);
	if (bpf_map_update_elem(&slots, &inode, &slot, BPF_NOEXIST)) {
		bpf_map_push_elem(&free_slots, &slot, BPF_ANY);
		share_give(SHARE_SNAPSHOTS, owner);
		return -ENOENT;
	}
	count(failed ? COUNTER_TRY_SNAPSHOTS : COUNTER_SNAPSHOTS);
	*ret_slot = slot;
	return 0;
}

/* Give the slot of a socket back, if it has one. */
static __always_inline void snapshot_drop(__u64 inode)
{
	__u32 *found = bpf_map_lookup_elem(&slots, &inode), slot, owner;
	struct snapshot *snapshot;

	if (!found)
		return;
	slot = *found;
	snapshot = bpf_map_lookup_elem(&snapshots, &slot);
	owner = snapshot ? snapshot->owner : 0;
	if (bpf_map_delete_elem(&slots, &inode))
		return;
	share_give(SHARE_SNAPSHOTS, owner);
	bpf_map_push_elem(&free_slots, &slot, BPF_ANY);
	if (inode & TRY_BIT)
		__sync_fetch_and_add(&tries_held, -1);
}

/* The same, unless there is a newer snapshot under that inode: refusals have one for each spell. */
static __always_inline void snapshot_drop_of(__u64 inode, __u64 since_ns)
{
	__u32 *slot = bpf_map_lookup_elem(&slots, &inode);
	struct snapshot *snapshot = slot ? bpf_map_lookup_elem(&snapshots, slot) : NULL;

	if (snapshot && snapshot->since_ns == since_ns)
		snapshot_drop(inode);
}

#endif /* SNAPSHOTS_BPF_H */
