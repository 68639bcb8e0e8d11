/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * culprit: where in a stack a person should look: the first frame that a human would go and
 * mend. Everything that names code takes it from here: reports, JSON, metrics, log lines, explain
 * and suppressions. Goes by frame.kind, and by frame_rules.h for languages. Pure.
 *
 * From the call of socket() outwards it passes over libc and what stands in for its socket(),
 * wrappers and standard libraries. It stops at an interpreter: what is further out did not make
 * the socket, the script did, whose functions are seen only where a perf map names them. At an
 * emulator it stops as well, for the program has no frames there. If there is nothing else, the
 * outermost of the wrappers next to the call says most.
 */
#ifndef SOCKLEAK_CULPRIT_H
#define SOCKLEAK_CULPRIT_H

#include <stdbool.h>

#include "stacks/stack.h"

/* A place in code. The frame is the stack's. */
struct code_place {
	const struct frame *frame; /* NULL: none */
	/*
	 * The language or the emulator whose code the frame executes; NULL: the place is its own.
	 */
	const char *language;
	bool hidden;		     /* by that emulator */
	const struct frame *unnamed; /* of the script: the frame whose function is not known */
};

struct culprit {
	struct code_place where;
	struct code_place caller; /* whose call led there; often not known */
	bool interpreted; /* the executable is an interpreter: its command line tells more */
};

/*
 * The culprit of a stack in a process with this executable. Both may be NULL; then nothing is known
 * of it. Never a mere address, as JIT code is without a perf map.
 */
struct culprit culprit_find(const struct stack *stack, const char *exe);

/* Only the first part. */
struct code_place culprit_place(const struct stack *stack);
/*
 * The same by what each host knows of the code: without inlined frames, which only debug
 * information tells, and without names of a perf map, but those that last (python_name.h). For
 * site_id.h.
 */
struct code_place culprit_lasting_place(const struct stack *stack);

/* Can a report name it? */
static inline bool code_place_is_known(const struct code_place *place)
{
	return place->frame;
}

/* The function of a script whose call led to a frame of it; NULL: it is not known. */
const struct frame *culprit_script_caller(const struct stack *stack, const struct frame *frame);

/* Do both name the same function, or, without a name, the same instruction? */
bool code_place_equal(const struct code_place *a, const struct code_place *b);

#endif /* SOCKLEAK_CULPRIT_H */
