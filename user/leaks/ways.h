/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * ways: by which whole stacks the sockets of a site were made, and how many by each. One leak may
 * have thousands: a recursion, the tiers of a JIT compiler, many callers of one function. They
 * are counted when they are asked for, from the leaks that are open, so between two questions
 * they take no memory.
 */
#ifndef SOCKLEAK_WAYS_H
#define SOCKLEAK_WAYS_H

#include "leaks/leaks.h"

/* How many a report and the stacks file have: enough to see what they have in common. */
#define WAYS_SHOWN 3

struct way {
	struct stack *stack; /* the leaks' own: valid while they are */
	unsigned int open;   /* sockets, shown ones alone */
	/*
	 * It is a part of a whole way: only the call is known, or all but the functions of the
	 * script, as of sockets from before the interpreter was looked at.
	 */
	bool may_be_another;
};

struct ways {
	struct way *list; /* the most sockets first, but behind all whole ones the partial ones */
	unsigned int count;
	unsigned int distinct;	/* how many there are, without those that may be another one */
	unsigned int more;	/* ways that were left out */
	unsigned int more_open; /* sockets by those */
};

/*
 * The ways of a site, at most `max` of them. 0 or -ENOMEM. Leaks without a stack are of none.
 * Free with ways_clear(), also on failure.
 */
int ways_find(const struct site *site, unsigned int max, struct ways *ret_ways);
void ways_clear(struct ways *ways);
#define _cleanup_ways_ __attribute__((cleanup(ways_clear)))

#endif /* SOCKLEAK_WAYS_H */
