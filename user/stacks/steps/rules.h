/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * rules: a step to the caller by call frame information that libdwfl does not use by itself, that
 * is the .debug_frame of a separate debug file. Simple rules alone, which are what compilers write
 * there: the frame's address is a register and a distance; a register is where it was, in another
 * one, or in a word at a distance from the frame's address. x86_64. Knows nothing of processes.
 *
 * Source: DWARF 5, 6.4; libdw.h says in which operations libdw tells the rules.
 */
#ifndef SOCKLEAK_RULES_H
#define SOCKLEAK_RULES_H

#include <elfutils/libdw.h>
#include <linux/types.h>
#include <stdbool.h>

/* Registers in DWARF's numbering for x86_64, the program counter being the last one. */
#define RULES_REGS 17

enum rules_answer {
	RULES_UNKNOWN = 0, /* none that is simple, or a word is not there */
	RULES_CALLER,	   /* ret_regs are the caller's */
	RULES_OUTERMOST,   /* nothing called this code */
};

/* Reads a word of the stack; false: it was not copied. */
typedef bool (*rules_read_fn)(__u64 address, __u64 *ret_word, void *ctx);

enum rules_answer rules_apply(Dwarf_Frame *frame, const __u64 *regs, rules_read_fn read, void *ctx,
			      __u64 *ret_regs);

#endif /* SOCKLEAK_RULES_H */
