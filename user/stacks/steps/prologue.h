/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * prologue: what code has done to its stack, read from its instructions, where no call frame
 * information says it. For the functions of a C library that make system calls, as musl has them
 * and as Go has them: short, and straight from their first byte to the call. Pure; x86_64.
 *
 * It reads one instruction after the other and knows those that compilers put into such
 * functions. At any other one, and at one that sets the stack pointer in another way than by a
 * constant, it gives up. Where code jumps it is read on behind the jump, with the stack as it was
 * before the epilogue that the jump may end. So the answer may be wrong for code that is not
 * straight: whoever asks proves it by the call instruction before the return address.
 *
 * Source: Intel SDM volume 2, chapter 2 and appendix A; System V ABI for AMD64, 3.2.1.
 */
#ifndef SOCKLEAK_PROLOGUE_H
#define SOCKLEAK_PROLOGUE_H

#include <linux/types.h>
#include <stdbool.h>
#include <stddef.h>

/* More code than this is not read. */
#define PROLOGUE_MAX_CODE 4096
/* Registers in DWARF's numbering for x86_64: 16 of them without the program counter. */
#define PROLOGUE_REGS 16

struct prologue {
	__u32 depth;	/* bytes from the stack pointer up to the return address */
	bool has_frame; /* it has set the frame pointer for itself */
	/* How far below the return address it saved a register; 0 = it was not saved. */
	__u32 saved[PROLOGUE_REGS];
};

/*
 * Read a function from its first byte up to, not including, code[len], which begins an instruction.
 * False: that is not known.
 */
bool prologue_read(const unsigned char *code, size_t len, struct prologue *ret_prologue);

/* Do the first instructions of a function set the frame pointer? */
bool prologue_sets_frame(const unsigned char *code, size_t len);

/*
 * Does this code run straight into an instruction behind which there is nothing, hlt or ud2, as
 * what begins a program, a thread or a coroutine has it behind its one call?
 */
bool prologue_never_returns(const unsigned char *code, size_t len);

#endif /* SOCKLEAK_PROLOGUE_H */
