/* SPDX-License-Identifier: BSD-2-Clause */
/* Does code end in a call? Of code before a return address that another process chose. */
#include "fuzz.h"

#include "stacks/steps/call_instruction.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	bool found = call_instruction_ends_x86(data, size);
	bool any = size >= 5 && data[size - 5] == 0xe8;
	size_t len;

	/* what stands before the longest form does not matter */
	if (size > 16)
		check(call_instruction_ends_x86(data + size - 16, 16) == found);
	/* FF /2 is 2 to 7 bytes long */
	for (len = 2; len <= 7 && len <= size; len++)
		any |= data[size - len] == 0xff && (data[size - len + 1] >> 3 & 7) == 2;
	check(any || !found);
	if (size >= 5 && data[size - 5] == 0xe8)
		check(found);
	return 0;
}
