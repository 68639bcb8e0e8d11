/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Data that outlives a run, in the maps that --pin keeps. `sockleak scan` and the next run read it:
 * the stacks of reported leaks, how each process's leaks have grown, and to whom the maps belong.
 * The rules of sockleak.h for types hold here. The other maps that are pinned hold what sockleak.h
 * has: struct pending, struct snapshot and struct call.
 */
#ifndef SOCKLEAK_PINNED_H
#define SOCKLEAK_PINNED_H

#include "sockleak.h"

/*
 * Raise it when what stands in a map that is pinned comes to mean something else and
 * its layout stays as it was; another layout is noticed by itself.
 */
#define SOCKLEAK_PINNED_VERSION 1

/* The flags that say something of the socket; all others are of one run. */
#define PENDING_LASTING                                                               \
	(PENDING_ORIGIN_UNKNOWN | PENDING_CLOSED | PENDING_USED | PENDING_DISSOLVED | \
	 PENDING_SNAPSHOT | PENDING_UNSPEC | PENDING_WAS_PORT | PENDING_SAMPLED_OUT | \
	 PENDING_STACK | PENDING_URING | PENDING_DEAD)

/* The owner of the pinned maps: in a map of its own, pinned last and removed first. */
struct pinned_layout {
	__u64 fingerprint;    /* of the version and of the layout of what is pinned */
	__u64 owner_start_ns; /* the process that wrote to the maps last: see process.h */
	__u32 owner_tgid;
	__u32 pad;
};
_Static_assert(sizeof(struct pinned_layout) == 24, "struct pinned_layout has holes");

/* A stack that was reported, as `sockleak scan` finds it (history.h). */
struct reported_stack {
	__u64 site; /* also one that a whole stack of the same call gave it; 0 = none */
	__u32 count;
	__u32 source; /* enum stack_source (stack.h) */
	__u32 rules;  /* by which that site was made: site_rules() (site_id.h) */
	__u32 pad;
	__u64 pcs[SOCKLEAK_STACK_DEPTH];  /* the innermost first, as a stack by frame pointers */
	__u8 found[SOCKLEAK_STACK_DEPTH]; /* how each was: enum frame_source (stack.h) */
	__u8 end;			  /* enum stack_end (stack.h) */
};
_Static_assert(sizeof(struct reported_stack) == 24 + 9 * SOCKLEAK_STACK_DEPTH + 1,
	       "struct reported_stack has holes");

/* Which one is a socket's. */
struct reported {
	__u64 since_ns; /* of the socket: inodes are given again */
	__u64 stack;	/* key of its struct reported_stack */
	__u32 is_shown; /* it is reported: not held back, if it may be in use */
	__u32 pad;
};
_Static_assert(sizeof(struct reported) == 24, "struct reported has holes");

/* How what one process leaks of one account has grown, see growth.h; kept for the next run. */
struct grown_key {
	__u64 account;	/* what stands for the site, see leaks.c */
	__u64 start_ns; /* of the process: see process.h */
	__u32 tgid;
	__u32 pad;
};
_Static_assert(sizeof(struct grown_key) == 24, "struct grown_key has holes");

struct grown {
	__u64 last_step_ns;
	__u64 counted_ns;
	__u64 pause_ns;
	__u64 pause_ended_ns;
	__u64 later_ns;
	__u32 peak;
	__u32 steps;
};
_Static_assert(sizeof(struct grown) == 48, "struct grown has holes");

#endif /* SOCKLEAK_PINNED_H */
