/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * step: from a frame to the one that called it, where libdwfl has no call frame information. By
 * that of a separate debug file (rules.h), by what the function has done to its stack (prologue.h)
 * or by the frame pointer. Knows nothing of processes: whoever asks has the code and the stack.
 * x86_64.
 */
#ifndef SOCKLEAK_STEP_H
#define SOCKLEAK_STEP_H

#include <elfutils/libdw.h>
#include <linux/types.h>
#include <stdbool.h>
#include <stddef.h>

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

/* The answers that stepping needs. */
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
	/* The rules of a debug file for an address, to be freed with free(); NULL = none. */
	Dwarf_Frame *(*rules)(__u64 address, void *ctx);
	/* Is the code there a trampoline of CPython's, in no file? */
	bool (*is_trampoline)(__u64 address, void *ctx);
	void *ctx;
};

/* How a caller was found. */
enum step_way {
	STEP_NONE = 0,	/* nothing leads on */
	STEP_OUTERMOST, /* nothing called it */
	STEP_SWITCHED,	/* the caller is on another stack, by_runtime() says */
	STEP_LOST,	/* nothing does: by_runtime() knows the code, and not the caller */
	STEP_BY_RULES,
	STEP_BY_CODE,
	STEP_BY_POINTER,
	STEP_BY_RUNTIME,
};

/*
 * The caller of a frame. A debug file's rules go first. The innermost frame is of a function that
 * makes a system call and may keep no frame pointer, so its instructions are read first. Its symbol
 * says where it begins, or else the direct call in front of a return address on the stack, if the
 * code from there on has put just as much on the stack as lies below that address. The instructions
 * of other frames are read, too, unless they have set the frame pointer. A return address that is
 * read so must be behind a call. So must that of a trampoline, whose frame has one word beside it:
 * CPython's Python/asm_trampoline.S (3.12 and later, `python -X perf`).
 *
 * *ret_frame has the caller's registers, unless there is no caller.
 */
enum step_way step_out(const struct step_source *source, const struct step_frame *frame,
		       struct step_frame *ret_frame);

#endif /* SOCKLEAK_STEP_H */
