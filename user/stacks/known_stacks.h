/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * known_stacks: the stacks of one process that were resolved last, found again by their
 * addresses. There are 32, of which the oldest gives way. Functions of scripts are freed and made
 * while a process runs, so a stack with some of them is found only if they still have the same
 * names. Pure.
 */
#ifndef SOCKLEAK_KNOWN_STACKS_H
#define SOCKLEAK_KNOWN_STACKS_H

#include <linux/types.h>

#include "stacks/stack.h"

struct language;

#define KNOWN_STACKS 32

/* The key of a stack, beside how it ended. */
struct stack_key {
	const __u64 *pcs;
	unsigned int count;
	__u64 caller; /* see symbols.h */
	enum stack_source source;
	/*
	 * A hash of the frames of scripts as they are named now: scripts_names(). 0: there are
	 * none, or the process has ended. Then its addresses are enough, unless they are known by
	 * two names.
	 */
	__u64 names;
};

struct known_stacks {
	struct known_stack {
		struct stack *stack; /* NULL: an empty place */
		__u64 *pcs;
		__u64 caller, names;
		unsigned int count;
	} known[KNOWN_STACKS];
	unsigned int next;
	/*
	 * State that script_frames.h has prepared for the same process; `state` is freed with the
	 * stacks.
	 */
	struct script_naming {
		const struct language *language;
		const char *path; /* of the interpreter, as long as the process is known */
		void *state;
		__u32 kind;
	} naming;
};

/* `end`: how it ended, UNKNOWN: in whichever way. NULL: it is not known. No new reference. */
struct stack *known_stacks_find(const struct known_stacks *stacks, const struct stack_key *key,
				enum stack_end end);
/* Takes a reference of its own. Without memory, or with names too long, it is not remembered. */
void known_stacks_add(struct known_stacks *stacks, const struct stack_key *key,
		      struct stack *stack);
void known_stacks_clear(struct known_stacks *stacks);

#endif /* SOCKLEAK_KNOWN_STACKS_H */
