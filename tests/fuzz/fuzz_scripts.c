/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Frames of scripts named from any memory: the first byte says of which language and version, then
 * follows what was kept of a frame, and the memory of the process from MEMORY on.
 */
#include "fuzz.h"

#include "stacks/scripts/language.h"

#define MEMORY 0x1000

struct fuzz_input {
	const uint8_t *bytes;
	size_t size;
	unsigned int reads;
};

static bool read_input(void *ctx, __u64 address, void *to, size_t len)
{
	struct fuzz_input *input = ctx;

	input->reads++;
	if (address < MEMORY || address - MEMORY > input->size ||
	    len > input->size - (address - MEMORY))
		return false;
	memcpy(to, input->bytes + (address - MEMORY), len);
	return true;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const __u64 types[SCRIPT_TYPES] = { 8, 16, 24 }, symbols[SCRIPT_TYPES] = { 0x1800 };
	static const __u32 kinds[] = {
		SCRIPT_KIND(SCRIPT_PYTHON, 3, 8),  SCRIPT_KIND(SCRIPT_PYTHON, 3, 10),
		SCRIPT_KIND(SCRIPT_PYTHON, 3, 11), SCRIPT_KIND(SCRIPT_PYTHON, 3, 13),
		SCRIPT_KIND(SCRIPT_RUBY, 3, 1),	   SCRIPT_KIND(SCRIPT_RUBY, 2, 7),
		SCRIPT_KIND(SCRIPT_RUBY, 3, 3),	   SCRIPT_KIND(SCRIPT_PYTHON, 3, 14),
		SCRIPT_KIND(SCRIPT_PHP, 8, 2),	   SCRIPT_KIND(SCRIPT_PHP, 8, 4),
		SCRIPT_KIND(SCRIPT_PERL, 5, 32),   SCRIPT_KIND(SCRIPT_PERL, 5, 36),
		SCRIPT_KIND(SCRIPT_PERL, 5, 40),   SCRIPT_KIND(SCRIPT_RUBY, 3, 4),
	};
	static const struct {
		const struct language *language;
		size_t record, count; /* of bytes, and of frames */
	} languages[SCRIPT_LANGUAGES] = {
		[SCRIPT_PYTHON] = { &language_python, 48, 1 },
		[SCRIPT_RUBY] = { &language_ruby, 48, 1 },
		[SCRIPT_PHP] = { &language_php, 64, 1 },
		[SCRIPT_PERL] = { &language_perl, 64, 2 },
	};
	struct fuzz_input input = { 0 };
	struct memory memory = { .reads = 64, .bytes = 1 << 20, .read = read_input, .ctx = &input };
	struct script_name *name = calloc(1, sizeof(*name));
	const struct language *language;
	size_t record, len;
	void *state;
	__u32 kind;

	check(name);
	kind = kinds[size ? data[0] % (sizeof(kinds) / sizeof(kinds[0])) : 0];
	language = languages[kind >> 16].language;
	record = kind == SCRIPT_KIND(SCRIPT_RUBY, 3, 4) ? 64 : languages[kind >> 16].record;
	len = languages[kind >> 16].count * record;
	if (size > len) {
		input.bytes = data + 1 + len;
		input.size = size - 1 - len;
		check(language->begin_version(kind, kind >> 16 == SCRIPT_RUBY ? symbols : types,
					      &state));
		if (language->stack)
			language->stack(state, data + 1, record, len, data[0] & 0x80);
		if (language->name(state, &memory, data + 1, record, name) && !name->is_hidden) {
			check(strlen(name->function) < SCRIPT_NAME_MAX);
			check(strlen(name->file) < SCRIPT_NAME_MAX);
			check(name->line <= INT32_MAX);
		}
		check(input.reads <= 64); /* whatever is linked to what */
		free(state);
	}
	free(name);
	return 0;
}
