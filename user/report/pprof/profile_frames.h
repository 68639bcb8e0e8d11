/* SPDX-License-Identifier: BSD-2-Clause */
/* profile_frames: which frames of a stack a profile has, and how they are named. Pure. */
#ifndef SOCKLEAK_PROFILE_FRAMES_H
#define SOCKLEAK_PROFILE_FRAMES_H

#include "lib/text.h"
#include "stacks/stack.h"

/*
 * The place of the innermost one. The C library's socket() is left out, or it would be the leaf of
 * every stack, and a profile's list by leaves (`pprof -top`) would have one line. A stack
 * without any other frame keeps it.
 */
unsigned int profile_first_frame(const struct stack *stack);

/* The source file of the function, NULL = not known; of scripts their names have it. */
const char *profile_frame_file(const struct frame *frame);

/*
 * Add the function, or "libx.so.2+0x1234", or "[jit]" for code that is in no file and has no
 * name. Clean; never nothing.
 */
void profile_name_frame(struct text *out, const struct frame *frame);

/* The name that stands for a stack that is not known, by whether the socket's creation was seen. */
const char *profile_no_stack(bool origin_known);

#endif /* SOCKLEAK_PROFILE_FRAMES_H */
