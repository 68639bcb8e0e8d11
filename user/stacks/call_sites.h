/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * call_sites: the site ids of calls of socket() that had their whole stack taken.
 * A socket of the same call (in any process of the program: bpf/snapshots.bpf.h) without a
 * snapshot has a shorter one, the call alone or by frame pointers; it is of the same site all the
 * same. Pure; the oldest of MAX_CALL_SITES gives way.
 */
#ifndef SOCKLEAK_CALL_SITES_H
#define SOCKLEAK_CALL_SITES_H

#include <linux/types.h>

#include "stacks/stack.h"

struct call_sites;

/* NULL when out of memory. Free with call_sites__free(); NULL is allowed there. */
struct call_sites *call_sites__new(void);
void call_sites__free(struct call_sites *call_sites);

/* `key` (pending.call_site, 0 = none) is the site of this whole stack. */
void call_sites__learn(struct call_sites *call_sites, __u64 key, const struct stack *stack);

/*
 * A shorter stack of the call, with the site of the whole one when that is known.
 * Takes the reference to `stack` (NULL is allowed), gives one back.
 */
struct stack *call_sites__adopt(struct call_sites *call_sites, __u64 key, struct stack *stack);

#endif /* SOCKLEAK_CALL_SITES_H */
