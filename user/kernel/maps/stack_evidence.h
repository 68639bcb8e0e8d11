/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * stack_evidence: what is kept of the stack that a socket was made on, from the best to the
 * poorest: a stack that was reported before, with its addresses already found; a snapshot of the
 * stack's memory; the addresses by frame pointers. The tracer has it of its own sockets, and
 * `sockleak scan` of those of a sockleak that runs (history.h).
 */
#ifndef SOCKLEAK_STACK_EVIDENCE_H
#define SOCKLEAK_STACK_EVIDENCE_H

#include <stdbool.h>

#include "pinned.h"
#include "sockleak.h"

/* All that the kernel's side has kept of a socket's stack, until the stack is named. */
struct raw_stack {
	const struct snapshot *snapshot; /* valid until the next question; NULL = there is none */
	unsigned int count;		 /* of the next; 0 = none */
	__u64 pcs[SOCKLEAK_STACK_DEPTH]; /* by frame pointers, the innermost first */
};

struct stack_evidence {
	void *ctx;
	/*
	 * Was the socket's stack reported? Then *ret_key is the same for all sockets of one
	 * process that were made on that stack, and find_stack() has it, unless it was dropped.
	 */
	bool (*find_key)(void *ctx, const struct pending *socket, __u64 *ret_key);
	bool (*find_stack)(void *ctx, __u64 key, struct reported_stack *ret_stack);
	/* Otherwise. */
	void (*read_raw)(void *ctx, const struct pending *socket, struct raw_stack *ret_raw);
	/* The snapshot that read_raw() found is not needed any more: its slot is given back. The
	   function itself is NULL where there is nothing to give back. */
	void (*drop)(void *ctx, const struct pending *socket);
	/*
	 * The snapshot, which stays where it is; valid until the next question. NULL: there is
	 * none. The function itself is NULL where nobody asks early.
	 */
	const struct snapshot *(*look_at)(void *ctx, const struct pending *socket);
};

#endif /* SOCKLEAK_STACK_EVIDENCE_H */
