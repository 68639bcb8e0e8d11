/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * call_instruction: is an address one that a call returns to? By the machine code
 * before it. Pure.
 */
#ifndef SOCKLEAK_CALL_INSTRUCTION_H
#define SOCKLEAK_CALL_INSTRUCTION_H

#include <linux/types.h>
#include <stdbool.h>
#include <stddef.h>

/*
 * Does code of this machine's architecture end in a call instruction? Then
 * *ret_target is how far from its end it calls to, 0 = that is not in the
 * instruction.
 */
bool call_instruction_ends(const unsigned char *code, size_t len, __s64 *ret_target);

/*
 * Do these bytes of x86_64 code end in a call instruction? E8 rel32 or FF /2
 * with any operand (2 to 7 bytes; prefixes before it do not matter). Source:
 * Intel SDM volume 2, "CALL" and tables 2-2 and 2-3. Exported for the tests.
 */
bool call_instruction_ends_x86(const unsigned char *code, size_t len);

#endif /* SOCKLEAK_CALL_INSTRUCTION_H */
