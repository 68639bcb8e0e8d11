/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * shares: who fills the tables, and who may take more of them. Without shares one user who creates
 * sockets in a loop would leave no room for the leaks of all others.
 *
 * The rule is that of dynamic thresholds, by which switches share their memory among queues
 * (A. Choudhury and E. Hahne, 1998): a user may have SHARE_FACTOR times as much as is free. So a
 * single user can fill four fifths of a table, two users four ninths each, and however many fill
 * it, there is room for one who has little. Each process is held against the room of its user in
 * the same way. Nothing is reserved, and nobody has to know how many users there are.
 *
 * A share is judged when a socket has outlived a sweep, or a stack is copied: a call of socket()
 * that does neither does not pay for it.
 */
#ifndef SHARES_BPF_H
#define SHARES_BPF_H

#include "counters.bpf.h"
#include "kernel.bpf.h"
#include "events.bpf.h"

#define SHARE_FACTOR 4
#define SHARE_FEW 64		/* new leaks of a user, which any sweep may report */
#define SHARE_MAX_NAMESPACES 33 /* the kernel's limit of user namespaces inside one another */

/* vmlinux.h has only the name of it. */
struct user_namespace___owned {
	struct user_namespace___owned *parent;
	kuid_t owner;
} __attribute__((preserve_access_index));

/*
 * Key: a user (share_owner()). Value: what is held for it. If it is full, all further users have
 * one share together, that of SHARE_OTHERS, which is there from the first sweep on. Sweeps remove
 * those who hold nothing.
 */
struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, SOCKLEAK_MAX_USERS);
	__type(key, __u32);
	__type(value, struct share);
} user_shares SEC(".maps");

/* The same for a user's process. If it is full, further processes count as their user alone. */
struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, SOCKLEAK_MAX_PROCESSES);
	__type(key, struct share_key);
	__type(value, struct share);
} process_shares SEC(".maps");

__s32 in_use[SHARE_KINDS]; /* of each table, by all */
struct fill fills[SHARE_KINDS];
__u32 gives_way; /* 1 = reported entries of the greediest are given up in this sweep */

/*
 * The user in whose share it is what these credentials create. All users of a user namespace are
 * its owner, or each container of an unprivileged user would have 65,536 shares. Namespaces that
 * root has made are those of container engines: there each user counts for itself. A namespace that
 * such a user makes inside counts as that user again. So the owner is looked for from the outermost
 * namespace inwards, and the first one that is not root decides. Root owns the initial namespace. A
 * global function, so that the verifier goes through it once.
 */
__noinline __u32 share_owner(__u64 cred_address)
{
	struct cred *cred = (void *)cred_address;
	struct user_namespace___owned *ns = (void *)BPF_CORE_READ(cred, user_ns);
	__u32 user = BPF_CORE_READ(cred, uid.val), owner;

	for (int i = 0; i < SHARE_MAX_NAMESPACES && ns; i++) {
		owner = BPF_CORE_READ(ns, owner.val);
		if (owner)
			user = owner;
		ns = BPF_CORE_READ(ns, parent);
	}
	return user;
}

static __always_inline struct share *share_of(void *map, const void *key)
{
	struct share *share = bpf_map_lookup_elem(map, key);
	const struct share none = {};

	if (share) {
		if (share->was_empty)
			share->was_empty = 0;
		return share;
	}
	bpf_map_update_elem(map, key, &none, BPF_NOEXIST);
	return bpf_map_lookup_elem(map, key);
}

/* *owner is then in whose share it is: SHARE_OTHERS if there is no place for this one. */
static __always_inline struct share *share_of_user(__u32 *owner)
{
	struct share *share = share_of(&user_shares, owner);

	if (share)
		return share;
	*owner = SHARE_OTHERS;
	return bpf_map_lookup_elem(&user_shares, owner);
}

/*
 * May the user have one more? `part`: what the part of it has that asks, of the same kind. If
 * nothing is free at all, the table itself refuses.
 */
static __always_inline bool share_admits(enum share_kind kind, const struct share *user, __s32 part)
{
	__s64 room = (__s64)settings.room[kind] - in_use[kind];

	if (!user || room <= 0)
		return true;
	room = SHARE_FACTOR * room - user->used[kind];
	return room > 0 && part < SHARE_FACTOR * room;
}

static __always_inline void share_add(struct share *share, enum share_kind kind)
{
	__sync_fetch_and_add(&share->used[kind], 1);
}

/* The shares that an earlier run has taken were not counted here (--pin). */
static __always_inline void share_less(struct share *share, enum share_kind kind)
{
	if (share && share->used[kind] > 0)
		__sync_fetch_and_add(&share->used[kind], -1);
}

static __always_inline void share_total_less(enum share_kind kind)
{
	if (in_use[kind] > 0)
		__sync_fetch_and_add(&in_use[kind], -1);
}

/* ---- Entries for pending sockets: by user and process. ---- */

/*
 * Count an entry that is about to be put into the map; or that is there, because an earlier run put
 * it (--pin). -EDQUOT: its owner may not have one more. A global function, so that the verifier
 * goes through it once.
 */
__noinline int share_take_entry(struct pending *entry, bool is_there)
{
	struct share_key key = {};
	struct share *user, *process;
	struct file *file;
	__u32 owner;

	if (!entry)
		return 0;
	file = (void *)entry->file;
	owner = share_owner((__u64)BPF_CORE_READ(file, f_cred));
	user = share_of_user(&owner);
	key.owner = owner;
	key.tgid = entry->tgid;
	process = share_of(&process_shares, &key);
	if (!is_there &&
	    !share_admits(SHARE_SOCKETS, user, process ? process->used[SHARE_SOCKETS] : 0))
		return -EDQUOT;
	entry->owner = owner;
	entry->counted = COUNTED_TOTAL;
	__sync_fetch_and_add(&in_use[SHARE_SOCKETS], 1);
	if (user) {
		share_add(user, SHARE_SOCKETS);
		entry->counted |= COUNTED_USER;
	}
	if (process) {
		share_add(process, SHARE_SOCKETS);
		entry->counted |= COUNTED_PROCESS;
	}
	return 0;
}

/* An entry of these has left the map. */
static __always_inline void share_give_entry(__u32 owner, __u32 tgid, __u32 counted)
{
	struct share_key key = { .owner = owner, .tgid = tgid };

	if (counted & COUNTED_TOTAL)
		share_total_less(SHARE_SOCKETS);
	if (counted & COUNTED_USER)
		share_less(bpf_map_lookup_elem(&user_shares, &owner), SHARE_SOCKETS);
	if (counted & COUNTED_PROCESS)
		share_less(bpf_map_lookup_elem(&process_shares, &key), SHARE_SOCKETS);
}

/*
 * Is the entry one of the greediest user's, and there of the greediest process? Both have half as
 * much as the one that has most, or more: so many sweeps later all are alike, and whoever has
 * little has lost nothing.
 */
static __always_inline bool share_is_greedy(const struct pending *entry)
{
	struct share_key key = { .owner = entry->owner, .tgid = entry->tgid };
	struct share *user = bpf_map_lookup_elem(&user_shares, &key.owner), *process;

	if (!user || 2 * user->used[SHARE_SOCKETS] <= fills[SHARE_SOCKETS].user_used)
		return false;
	process = bpf_map_lookup_elem(&process_shares, &key);
	return !process || 2 * process->used[SHARE_SOCKETS] > user->most;
}

/*
 * May a new leak of the entry's user be reported in this sweep? Otherwise it waits for the next
 * one. User space unwinds and names a stack for each leak; without a limit it would be busy for
 * seconds with those of one user, while others' processes end. An eighth of the table is 4,096 at
 * the default, one second of work. In the first sweep nobody waits, and in the last one all must
 * be reported.
 *
 * Nor is one reported for which user space has no room: it would have to wait for the process that
 * names stacks, or to lose the leak. Here it costs an entry that it has anyway.
 */
static __always_inline bool share_takes_event(const struct pending *entry)
{
	__u32 owner = entry->owner, most = settings.room[SHARE_SOCKETS] / 8;
	struct share *user;

	if (!sweep.room) {
		sweep.deferred++;
		return false;
	}
	sweep.room--;
	if (sweep.number == 1 || sweep.is_last)
		return true;
	user = bpf_map_lookup_elem(&user_shares, &owner);
	if (!user)
		return true;
	if (user->events >= (__s32)(most > SHARE_FEW ? most : SHARE_FEW)) {
		sweep.deferred++;
		return false;
	}
	user->events++;
	return true;
}

/* ---- Slots for copies of stacks: by user and call site. ---- */

/* `site_open`: how many the call site has. Returns the user, or NULL if it may not have one. */
static __always_inline bool share_take_slot(__s32 site_open, __u32 *ret_owner)
{
	struct task_struct *task = (void *)bpf_get_current_task();
	struct share *user;

	*ret_owner = share_owner((__u64)BPF_CORE_READ(task, cred));
	user = share_of_user(ret_owner);
	if (!share_admits(SHARE_SNAPSHOTS, user, site_open))
		return false;
	__sync_fetch_and_add(&in_use[SHARE_SNAPSHOTS], 1);
	if (user)
		share_add(user, SHARE_SNAPSHOTS);
	return true;
}

/* ---- Entries for holders: by the user whose socket it is. ---- */

static __always_inline bool share_take_holder(__u32 *owner)
{
	struct share *user = share_of_user(owner);

	if (!share_admits(SHARE_HOLDERS, user, 0))
		return false;
	__sync_fetch_and_add(&in_use[SHARE_HOLDERS], 1);
	if (user)
		share_add(user, SHARE_HOLDERS);
	return true;
}

/* The share of a slot or a holder. */
static __always_inline void share_give(enum share_kind kind, __u32 owner)
{
	share_total_less(kind);
	share_less(bpf_map_lookup_elem(&user_shares, &owner), kind);
}

/*
 * ---- At the beginning of a sweep, for bpf_for_each_map_elem(). ----
 *
 * A share that is empty is removed by the next sweep: a hook on another processor may have looked
 * it up, and be about to add to it.
 */

static long share_look_user(struct bpf_map *map, const __u32 *owner, struct share *share,
			    void *unused)
{
	bool is_empty = true;

	share->most = share->events = 0;
	for (int kind = 0; kind < SHARE_KINDS; kind++) {
		if (share->used[kind] > 0)
			is_empty = false;
		if (share->used[kind] > fills[kind].user_used) {
			fills[kind].user_used = share->used[kind];
			fills[kind].user = *owner;
		}
	}
	if (is_empty && share->was_empty && *owner != SHARE_OTHERS)
		bpf_map_delete_elem(&user_shares, owner);
	share->was_empty = is_empty;
	return 0;
}

static long share_look_process(struct bpf_map *map, const struct share_key *key,
			       struct share *share, void *unused)
{
	struct share *user = bpf_map_lookup_elem(&user_shares, &key->owner);
	__s32 used = share->used[SHARE_SOCKETS];

	if (user && used > user->most)
		user->most = used;
	if (used > fills[SHARE_SOCKETS].process_used) {
		fills[SHARE_SOCKETS].process_used = used;
		fills[SHARE_SOCKETS].tgid = key->tgid;
	}
	if (used <= 0 && share->was_empty)
		bpf_map_delete_elem(&process_shares, key);
	share->was_empty = used <= 0;
	return 0;
}

/*
 * Entries are given up from three quarters of the table on, which a user can fill alone, until five
 * eighths are left.
 */
static __always_inline bool share_is_high(void)
{
	return in_use[SHARE_SOCKETS] > (__s32)(settings.room[SHARE_SOCKETS] / 4 * 3);
}

static __always_inline bool share_is_low(void)
{
	return in_use[SHARE_SOCKETS] <= (__s32)(settings.room[SHARE_SOCKETS] / 8 * 5);
}

static __always_inline void shares_look(void)
{
	const struct share none = {};
	__u32 others = SHARE_OTHERS;

	bpf_map_update_elem(&user_shares, &others, &none, BPF_NOEXIST);
	__builtin_memset(fills, 0, sizeof(fills));
	for (int kind = 0; kind < SHARE_KINDS; kind++)
		fills[kind].used = in_use[kind];
	bpf_for_each_map_elem(&user_shares, share_look_user, NULL, 0);
	bpf_for_each_map_elem(&process_shares, share_look_process, NULL, 0);
	gives_way = share_is_high();
}

#endif /* SHARES_BPF_H */
