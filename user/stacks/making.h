/* SPDX-License-Identifier: BSD-2-Clause */
/* making: a stack in the making, frame by frame from addresses, with what a process has there. */
#ifndef SOCKLEAK_MAKING_H
#define SOCKLEAK_MAKING_H

#include <stdbool.h>

#include "stacks/image.h"
#include "stacks/stack.h"

struct making {
	struct images *images;
	struct image *image;
	struct stack *stack;
	unsigned int room;
	bool fleeting; /* it has JIT code, whose names may come or change */
	bool plain;    /* no file is to be opened */
};

/* An empty stack with room for so many frames and some more. False: no memory. */
bool making_begin(struct making *making, struct images *images, struct image *image,
		  unsigned int count);

/* Room for one more frame, NULL: there is none. */
struct frame *making_add(struct making *making);

/*
 * The frames of the code at an address, first what is inlined there. pc is that
 * address, or the return address of the call that it is in: pc may then be behind
 * the function, which never returns.
 */
void making_add_code(struct making *making, __u64 pc, __u64 address, enum frame_source source);

/* The libc frame of the call; the functions inlined in it come before. */
struct frame *making_end_first(struct making *making);

#endif /* SOCKLEAK_MAKING_H */
