/* SPDX-License-Identifier: BSD-2-Clause */
/* placing: puts frames of scripts between the native frames of a stack. Pure. */
#ifndef SOCKLEAK_PLACING_H
#define SOCKLEAK_PLACING_H

#include <stdbool.h>

#include "stacks/stack.h"

#define SCRIPT_FRAMES_MAX 512

/* The frames of a stack's scripts, the innermost first. */
struct script_frames {
	const char *evaluator;	 /* a pattern of the function that executes them */
	const char *interpreter; /* path of the file that has it */
	unsigned int count, unknown;
	bool is_entry[SCRIPT_FRAMES_MAX];  /* the interpreter was called for it */
	bool is_native[SCRIPT_FRAMES_MAX]; /* a function in C; its place is that of its call */
	struct frame list[SCRIPT_FRAMES_MAX];
};

/* Give functions in C the file and the line of the frame that calls them, as languages show it. */
void lend_lines(struct script_frames *frames);

/*
 * Move the frames into the stack, which is replaced by a larger one. Frames up to an entry are one
 * run; the first run stands before the first frame of the evaluator, and so on. Where the evaluator
 * has no name, all stand before the interpreter's first frame; runs that no frame is left for stand
 * at the end, for the native stack is cut there. Without memory the stack stays as it is.
 */
void place_scripts(struct script_frames *frames, struct stack **stack);

/* Free frames that were not moved, and `frames` itself, which calloc() has made. */
void script_frames_free(struct script_frames *frames);

#endif /* SOCKLEAK_PLACING_H */
