/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * partial_stacks: leaks that stand at the site of a short stack (the call alone, or what frame
 * pointers gave), because no whole one of their call had been seen: the call always came clean and
 * was sampled out, there was no slot, the memory was not readable, or the unwinding failed. When
 * the first whole stack of the call comes, they belong to its site. So do those of an interpreter
 * that was not looked at yet: only native frames of it are known. Those of scripts stay listed, for
 * they have the site of their process's only function that makes the call (call_sites.h), until
 * there is a second one. Listed by the call: pending.call_site. For leaks.c alone; pure.
 */
#ifndef SOCKLEAK_PARTIAL_STACKS_H
#define SOCKLEAK_PARTIAL_STACKS_H

#include "leaks/leaks.h"

/* List a leak whose stack is not whole. Without memory it is not, and stays where it is. */
void partial_stacks_add(struct leaks *leaks, struct leak *leak);
/* It has ended. Nothing, when it is not listed. */
void partial_stacks_remove(struct leaks *leaks, struct leak *leak);

/*
 * A leak with this event has come, and a whole stack: what strayed from its call is of that
 * site, or where call_sites.h says, and is announced as LEAKS_MOVED.
 */
void partial_stacks_gather(struct leaks *leaks, const struct event *event,
			   const struct stack *whole);

#endif /* SOCKLEAK_PARTIAL_STACKS_H */
