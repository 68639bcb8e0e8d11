/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * step: from a frame to the one that called it, where no call frame information leads on. By what
 * the function has done to its stack (prologue.h) or by the frame pointer. Knows nothing of
 * processes: whoever asks has the code and the stack. x86_64.
 */
#ifndef SOCKLEAK_STEP_H
#define SOCKLEAK_STEP_H

#include <linux/types.h>
#include <stdbool.h>
#include <stddef.h>

#include "stacks/stack.h"

/* In DWARF's numbering for x86_64. */
#define STEP_REGS 17
#define STEP_FP 6
#define STEP_SP 7
#define STEP_PC 16

/* A frame: its registers, and whether it is the one that made the system call. */
struct step_frame {
	__u64 regs[STEP_REGS];
	bool is_innermost;
};

/* What is asked for while stepping. */
struct step_source {
	/* A word of the stack; false: it was not copied. */
	bool (*read)(__u64 address, __u64 *ret_word, void *ctx);
	/*
	 * The code of a mapped file that ends before an address: at most `size` bytes of it,
	 * *ret_len of them. NULL: it is in no file that can be read.
	 */
	const unsigned char *(*code_before)(__u64 address, size_t size, size_t *ret_len, void *ctx);
	/* Where the function begins that has an address; 0 = not known. */
	__u64 (*function_start)(__u64 address, void *ctx);
	void *ctx;
};

/*
 * The caller of a frame without rules. Of the innermost one, a function that makes a system call
 * and may keep no frame pointer, its instructions are read first; where it begins is told by its
 * symbol, or else by the direct call in front of a return address on the stack, if the code from
 * there on has put just as much on the stack as lies below that address. Of others, too, unless
 * they have set the frame pointer. A return address that is read so must be behind a call.
 *
 * False: nothing leads on. *ret_frame has the caller's registers, *ret_source how it was found.
 */
bool step_out(const struct step_source *source, const struct step_frame *frame,
	      struct step_frame *ret_frame, enum frame_source *ret_source);

#endif /* SOCKLEAK_STEP_H */
