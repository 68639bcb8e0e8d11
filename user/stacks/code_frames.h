/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * code_frames: what a language says of the native frames of one stack (code.h), gathered while it
 * is unwound.
 */
#ifndef SOCKLEAK_CODE_FRAMES_H
#define SOCKLEAK_CODE_FRAMES_H

#include <stdbool.h>

#include "stacks/placing.h"
#include "stacks/scripts/language.h"
#include "stacks/stack.h"
#include "stacks/steps/step.h"
#include "stacks/unwind.h"

/*
 * What was read of the process for one stack, in pages: the words that describe code and methods
 * are neighbours, and each reading is a system call.
 */
#define CODE_PAGE 4096
#define CODE_PAGES 32

/* A stack in the making. */
struct code_frames {
	const struct language *language;
	void *state; /* the language's */
	struct memory memory;
	struct memory by_page;	   /* the same, for languages */
	__u64 page_at[CODE_PAGES]; /* the address of each; 0 = it is empty */
	unsigned char pages[CODE_PAGES][CODE_PAGE];
	unsigned int count, unknown;
	/* Is it known what a native frame executes, be it nothing that is shown? */
	bool is_known[UNWIND_MAX_FRAMES];
	/* The functions, the innermost first, and in which native frame each is executed. */
	unsigned int number[SCRIPT_FRAMES_MAX];
	struct frame list[SCRIPT_FRAMES_MAX];
};

/*
 * Find the caller of native frame `number`, whose code is part of a file or not, and what it
 * executes. STEP_NONE: the code is not the
 * language's, or the frame pointer leads on. A word of the stack that was not copied is asked for
 * by source->read() last, if that is why nothing leads on (STEP_LOST).
 */
enum step_way code_frames_step(struct code_frames *frames, unsigned int number, bool is_in_file,
			       const struct step_source *source, const struct step_frame *frame,
			       struct step_frame *ret_frame);

/* After `memory` was opened. */
void code_frames_begin(struct code_frames *frames);
/* Begin anew with the same stack. NULL is allowed. */
void code_frames_clear(struct code_frames *frames);
/* What two stacks differ in whose native frames are the same: the names. 0: there are none. */
__u64 code_frames_names(const struct code_frames *frames);
/* Closes the memory, too. NULL is allowed. */
void code_frames_free(struct code_frames *frames);

/* As it is shown. Also for frames that do not stand in the native stack. */
void script_frame_fill(const struct language *language, const struct script_name *name,
		       struct frame *frame);
/* The hash of what is shown of frames. */
__u64 script_frames_hash(const struct frame *frames, unsigned int count);

#endif /* SOCKLEAK_CODE_FRAMES_H */
