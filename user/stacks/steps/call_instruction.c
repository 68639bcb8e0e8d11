/* SPDX-License-Identifier: BSD-2-Clause */
#include "stacks/steps/call_instruction.h"

#include <string.h>

bool call_instruction_ends_x86(const unsigned char *code, size_t len)
{
	size_t n;

	if (len >= 5 && code[len - 5] == 0xe8)
		return true;
	for (n = 2; n <= 7 && n <= len; n++) {
		const unsigned char *insn = code + len - n;
		unsigned int mod = insn[1] >> 6, rm = insn[1] & 7;
		size_t size = 2;

		if (insn[0] != 0xff || (insn[1] >> 3 & 7) != 2)
			continue;
		if (mod != 3 && rm == 4) { /* a SIB byte follows; base 5 in mod 0 is a disp32 */
			size++;
			if (mod == 0 && n > 2 && (insn[2] & 7) == 5)
				size += 4;
		}
		if (mod == 0 && rm == 5) /* relative to rip */
			size += 4;
		if (mod == 1)
			size += 1;
		if (mod == 2)
			size += 4;
		if (size == n)
			return true;
	}
	return false;
}

bool call_instruction_ends(const unsigned char *code, size_t len, __s64 *ret_target)
{
#if defined(__x86_64__)
	__s32 distance = 0;

	if (!call_instruction_ends_x86(code, len))
		return false;
	if (len >= 5 && code[len - 5] == 0xe8)
		memcpy(&distance, code + len - 4, sizeof(distance));
	*ret_target = distance;
	return true;
#elif defined(__aarch64__)
	__u32 insn;

	if (len < sizeof(insn))
		return false;
	memcpy(&insn, code + len - sizeof(insn), sizeof(insn));
	*ret_target = 0;
	if ((insn & 0xfffffc1f) == 0xd63f0000) /* BLR */
		return true;
	if ((insn & 0xfc000000) != 0x94000000) /* BL */
		return false;
	*ret_target = (__s64)(__s32)(insn << 6) / 16 - 4;
	return true;
#endif
}
