/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * code: functions of scripts whose frames stand in the native stack, because the runtime makes code
 * of them. While such a stack is unwound, its language says of each frame of that code which
 * functions it executes, and who called it (language.h). Nothing of it is taken along by the
 * kernel's side: the stack is in the snapshot, and what describes the code is read from the
 * process, later.
 */
#ifndef SOCKLEAK_CODE_H
#define SOCKLEAK_CODE_H

#include <linux/types.h>
#include <stdbool.h>

#include "stacks/scripts/memory.h"

struct script_name;

/* The registers of a frame. `pc` is where its call returns to. */
struct code_registers {
	__u64 pc, sp, fp;
};

/* What the caller of a frame is found by. */
enum code_step {
	CODE_FOREIGN = 0, /* the code is not the runtime's */
	CODE_CALLER,	  /* the registers are the caller's now */
	CODE_BY_POINTER,  /* the frame pointer leads there */
	CODE_SWITCHED,	  /* the caller is on another stack, of which nothing was copied */
	CODE_LOST, /* nothing leads on: a word was not copied, or it was not what it should be */
};

/* A stack that is being unwound. */
struct code_stack {
	struct memory *memory;
	bool is_in_file; /* the frame's code is part of a file, so the runtime was built with it */
	/* A word of the stack; false: it was not copied. */
	bool (*read)(__u64 address, __u64 *ret_word, void *ctx);
	/*
	 * Tell a function of the frame, the innermost first; NULL: there is one, of which nothing
	 * is known. The runtime's own code has the name that the runtime has for it, and no file.
	 */
	void (*add)(const struct script_name *name, bool is_runtime, void *ctx);
	void *ctx;
};

#endif /* SOCKLEAK_CODE_H */
