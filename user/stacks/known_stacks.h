/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * known_stacks: the stacks of one process that were resolved last, found again by their
 * addresses. Of 32 the oldest gives way. Pure.
 */
#ifndef SOCKLEAK_KNOWN_STACKS_H
#define SOCKLEAK_KNOWN_STACKS_H

#include <linux/types.h>

#include "stacks/stack.h"

#define KNOWN_STACKS 32

/* What a stack is known by, beside how it ended. */
struct stack_key {
	const __u64 *pcs;
	unsigned int count;
	__u64 caller; /* see symbols.h */
	enum stack_source source;
};

struct known_stacks {
	struct known_stack {
		struct stack *stack; /* NULL: an empty place */
		__u64 *pcs;
		__u64 caller;
		unsigned int count;
	} known[KNOWN_STACKS];
	unsigned int next;
};

/* `end`: how it ended, UNKNOWN: in whichever way. NULL: it is not known. No new reference. */
struct stack *known_stacks_find(const struct known_stacks *stacks, const struct stack_key *key,
				enum stack_end end);
/* Takes a reference of its own. Without memory, or with names too long, it is not remembered. */
void known_stacks_add(struct known_stacks *stacks, const struct stack_key *key,
		      struct stack *stack);
void known_stacks_clear(struct known_stacks *stacks);

#endif /* SOCKLEAK_KNOWN_STACKS_H */
