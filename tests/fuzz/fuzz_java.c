/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Frames of Java in any memory: the first byte says whether numbers are as before JDK 20, then
 * follow the registers of a frame and, from address 0 on, the memory of the process, the stack and
 * the code among it, as java_fixture.h has them.
 */
#include "fuzz.h"

#include "../unit/java_fixture.h"

#define HEADER (1 + 3 * sizeof(__u64))
#define MAX_READS 8192
#define MAX_STEPS 64

struct fuzz_input {
	const uint8_t *bytes;
	size_t size;
	unsigned int reads, told;
};

static bool read_input(void *ctx, __u64 address, void *to, size_t len)
{
	struct fuzz_input *input = ctx;

	input->reads++;
	if (address > input->size || len > input->size - address)
		return false;
	memcpy(to, input->bytes + address, len);
	return true;
}

static bool read_stack_word(__u64 address, __u64 *ret_word, void *ctx)
{
	struct fuzz_input *input = ctx;

	return address < input->size && input->size - address >= sizeof(*ret_word) &&
	       memcpy(ret_word, input->bytes + address, sizeof(*ret_word));
}

static void count_told(const struct script_name *name, bool is_runtime, void *ctx)
{
	struct fuzz_input *input = ctx;

	input->told++;
	if (!name)
		return;
	check(strlen(name->function) < SCRIPT_NAME_MAX && strlen(name->file) < SCRIPT_NAME_MAX);
	check(!is_runtime || !name->line);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct java java = java_17();
	struct fuzz_input input = { 0 };
	struct memory memory = {
		.reads = MAX_READS, .bytes = 1 << 20, .read = read_input, .ctx = &input
	};
	const struct code_stack stack = { &memory, false, read_stack_word, count_told, &input };
	struct code_registers registers;

	if (size < HEADER)
		return 0;
	java.layout.excludes_zero = data[0] & 1;
	memcpy(&registers, data + 1, sizeof(registers));
	input.bytes = data + HEADER;
	input.size = size - HEADER;
	for (unsigned int i = 0; i < MAX_STEPS; i++) {
		input.told = 0;
		if (language_java.step(&java, &stack, &registers) != CODE_CALLER)
			break;
		check(input.told <= 65); /* methods at one address */
	}
	check(input.reads <= MAX_READS);
	return 0;
}
