/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * history: how a running `sockleak trace` tells `sockleak scan` what it knows. Its
 * map of pending sockets is there to be read, and what it keeps of their stacks; the stacks
 * of those that have become leaks, which are named, are put into two more maps, which live as long
 * as its programs do, or, with
 * --pin, until the next run, which finds them here. Any
 * process that may see BPF objects finds them; nothing is listening, and nothing
 * can be asked of the one that runs.
 *
 * Knows libbpf: tests/layout.sh.
 */
#ifndef SOCKLEAK_HISTORY_H
#define SOCKLEAK_HISTORY_H

#include <linux/types.h>
#include <stdbool.h>

#include "kernel/maps/stack_maps.h"
#include "leaks/growth/growth.h"
#include "pinned.h"
#include "sockleak.h"
#include "stacks/stack.h"

/* ---- The one that runs ---- */

struct history;

/*
 * The maps of reported.bpf.h, and those with stacks of sockets that are not reported yet. They stay
 * the caller's and must outlive the history.
 */
struct history_maps {
	int reported, stacks, growths;
	struct stack_maps unnamed;
	bool kept; /* they may hold what an earlier run reported */
};
struct orders;

/*
 * All but `growths` are bound to a loaded program, by which they are found. A stack that was added
 * is in the maps when the orders, which outlive the history, are carried out. 0 or -errno. Free
 * with history__free(); NULL is allowed there.
 */
int history__new(int program_fd, const struct history_maps *maps, struct orders *orders,
		 struct history **ret_history);
void history__free(struct history *history);

/*
 * The stack of a leak; NULL and an empty one are not reported. `is_shown`: the leak is reported,
 * also if its socket may be in use, because its site has grown.
 */
void history__add(struct history *history, const struct pending *socket, const struct stack *stack,
		  bool is_shown);
/* A leak has ended. */
void history__forget(struct history *history, __u64 inode);
/*
 * The stack of a socket, if it was reported: by an earlier run, or before it was looked at anew.
 * As find_key() and find_stack() of struct stack_evidence.
 */
bool history__find_key(const struct history *history, const struct pending *socket, __u64 *ret_key);
bool history__find_stack(const struct history *history, __u64 key,
			 struct reported_stack *ret_stack);
/* Stacks that could not be reported. */
__u64 history__lost(const struct history *history);
/* Other orders that were lost: orders__refused(). */
__u64 history__orders_refused(const struct history *history);

/*
 * How the leaks that one process has of one account have grown: kept for the next run,
 * and recalled by it; NULL forgets. *ret_growth stays as it is when nothing was kept.
 * For struct growth_memory of leaks.h.
 */
void history__keep_growth(struct history *history, const struct grown_key *key,
			  const struct growth *growth);
void history__growth(const struct history *history, const struct grown_key *key,
		     struct growth *ret_growth);
/* Growths that could not be kept. */
__u64 history__growth_lost(const struct history *history);

/* ---- The one that asks ---- */

/* The whole map `reported`, read at once; for past_expect() alone. */
struct all_reported {
	struct reported_entry {
		__u64 inode;
		struct reported reported;
	} * entries; /* by inode; NULL = it was not read */
	size_t count, room;
};

/* The maps of a running sockleak, open. */
struct past {
	__u32 tgid;	 /* 0 = none was found */
	__u64 begun_ns;	 /* when it was started, CLOCK_BOOTTIME */
	bool is_partial; /* it watches one process, user, name or cgroup and not the host */
	int pending, by_inode, young, reported, stacks;
	struct stack_maps unnamed; /* of what it has not reported yet */
	struct snapshot *snapshot; /* room for one */
	struct all_reported all_reported;
};

/*
 * Find the sockleak with this process id, or with 0 the one that has run longest, of
 * those that watch the whole host if one does.
 * 0; -ENOENT: there is none of this version; -EPERM: needs CAP_SYS_ADMIN. Close
 * with past_close(), which also takes one that was not found.
 */
int past_open(__u32 tgid, struct past *ret_past);
void past_close(struct past *past);

/*
 * So many sockets are about to be asked for, which have been found already. For many the stacks'
 * keys are read at once, in batches, where the kernel can do that: a call for each socket costs
 * more than all the rest that is done for it.
 */
void past_expect(struct past *past, size_t sockets);

/*
 * Is the stack of a socket there? Then its key is the same for the same stack of the same process,
 * and past_stack() has it, unless it was dropped because many others were reported since. If the
 * socket may be in use, is_shown says that its site was seen to grow.
 */
bool past_reported(const struct past *past, const struct pending *socket,
		   struct reported *ret_reported);
bool past_stack(const struct past *past, __u64 key, struct reported_stack *ret_stack);

/*
 * For a socket that has not become a leak there, so its stack is not in the maps yet: the addresses
 * by frame pointers, as stack_maps_pcs(); and the snapshot, valid until the next call, or NULL.
 */
unsigned int past_pcs(const struct past *past, const struct pending *socket, __u64 *ret_pcs);
const struct snapshot *past_snapshot(struct past *past, const struct pending *socket);

#endif /* SOCKLEAK_HISTORY_H */
