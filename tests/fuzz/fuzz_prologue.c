/* SPDX-License-Identifier: BSD-2-Clause */
/* What any bytes, as the code of a function, have done to the stack. */
#include "fuzz.h"

#include "stacks/steps/prologue.h"

static void check_prologue(const struct prologue *prologue, size_t size)
{
	check(prologue->depth < 65536);
	for (unsigned int i = 0; i < PROLOGUE_REGS; i++) {
		/* each has 8 bytes of its own, and takes an instruction */
		check(prologue->saved[i] % 8 == 0 || prologue->saved[i] > 8);
		check(!prologue->saved[i] || size >= 1);
	}
	check(!prologue->saved[7]); /* the stack pointer */
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct prologue prologue = { .depth = 1 }, again;
	unsigned char *code = malloc(size + 1);
	bool ends, known;

	check(code);
	memcpy(code, data, size);
	known = prologue_read(code, size, &prologue);
	ends = prologue_never_returns(code, size);
	prologue_sets_frame(code, size);
	check(!known || size <= PROLOGUE_MAX_CODE);
	check(known || prologue.depth == 1);
	if (known)
		check_prologue(&prologue, size);
	if (known) { /* behind a push it has 8 bytes more */
		code[size] = 0x53;
		check(size == PROLOGUE_MAX_CODE || prologue.depth + 8 >= 65536 ||
		      (prologue_read(code, size + 1, &again) && again.depth == prologue.depth + 8));
	}
	if (ends) /* whatever follows */
		check(memchr(code, 0xf4, size) || memchr(code, 0x0b, size));
	free(code);
	return 0;
}
