/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Frames of JavaScript in any memory: the first byte says which version of V8 it is, and whether
 * the frames' code is part of a file; then follow three frames as the kernel's side has kept them,
 * and from address 0 on the memory of the process, as v8_fixture.h has both.
 */
#include "fuzz.h"

#include "../unit/v8_fixture.h"

#define FRAMES 3
#define HEADER (1 + FRAMES * sizeof(struct kept_frame))
#define MAX_READS 8192

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

static bool read_no_stack(__u64 address, __u64 *ret_word, void *ctx)
{
	(void)address;
	(void)ret_word;
	(void)ctx;
	return false;
}

static void count_told(const struct script_name *name, bool is_runtime, void *ctx)
{
	struct fuzz_input *input = ctx;

	check(!is_runtime);
	input->told++;
	if (name)
		check(strlen(name->function) < SCRIPT_NAME_MAX &&
		      strlen(name->file) < SCRIPT_NAME_MAX && *name->function);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const __u8 versions[][2] = { { 10, 2 }, { 11, 3 }, { 12, 4 }, { 13, 6 } };
	struct fuzz_input input = { 0 };
	struct memory memory = {
		.reads = MAX_READS, .bytes = 1 << 20, .read = read_input, .ctx = &input
	};
	struct code_stack stack = { &memory, false, read_no_stack, count_told, &input };
	struct javascript javascript = { .layout = v8_11() };
	struct kept_frame frames[FRAMES];
	struct code_registers registers;

	if (size < HEADER)
		return 0;
	stack.is_in_file = data[0] & 4;
	javascript.layout.version =
		v8_version_find(versions[data[0] & 3][0], versions[data[0] & 3][1]);
	javascript.layout.has_bytecodes = javascript.layout.has_opcodes = true;
	memset(javascript.layout.bytecode_sizes, 1 + (data[0] >> 3 & 3),
	       sizeof(javascript.layout.bytecode_sizes));
	for (int i = 0; i < V8_MAX_OPCODES; i++)
		javascript.layout.operands[i] = (data[0] >> 5) % 7;
	memcpy(frames, data + 1, sizeof(frames));
	input.bytes = data + HEADER;
	input.size = size - HEADER;
	language_javascript.stack(&javascript, (const unsigned char *)frames, sizeof(frames[0]),
				  sizeof(frames), false);
	for (int i = 0; i < FRAMES; i++) {
		registers = (struct code_registers){ frames[i].pc, 0, frames[i].fp };
		input.told = 0;
		language_javascript.step(&javascript, &stack, &registers);
		check(input.told <= V8_MAX_INLINED + 1);
	}
	check(input.reads <= MAX_READS);
	return 0;
}
