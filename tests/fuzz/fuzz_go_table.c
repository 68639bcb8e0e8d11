/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Any bytes as Go's table of functions. What is known of inlining lies elsewhere in a program;
 * here it is in the table itself.
 */
#include "fuzz.h"

#include <limits.h>

#include "stacks/names/function_name.h"
#include "stacks/files/go_table.h"

#define ADDRESS 0x500000
#define MAX_BYTES (64 * 1024)

static void check_code(const struct code *code)
{
	check(code->count >= 1 && code->count <= LINES_MAX_INLINED + 1);
	for (unsigned int i = 0; i < code->count; i++) {
		const struct code_name *name = &code->names[i];

		check(!name->function || strlen(name->function) < FUNCTION_NAME_MAX);
		check(!name->file || strlen(name->file) < PATH_MAX);
		check(!name->file == !name->line);
	}
}

static void ask(const struct go_table *table, __u64 address)
{
	static struct code code, again;

	code = again = (struct code){ 0 };
	if (!go_table_at(table, address, &code)) {
		check(!code.count);
		return;
	}
	check_code(&code);
	check(code.start <= address);
	check(go_table_at(table, address, &again) && again.count == code.count);
	for (unsigned int i = 0; i < code.count; i++)
		check(code.names[i].line == again.names[i].line);
	code_clear(&code);
	code_clear(&again);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	unsigned char *bytes = malloc(size + 1);
	struct go_table table;

	check(bytes);
	memcpy(bytes, data, size);
	if (size <= MAX_BYTES && go_table_of_bytes(bytes, size, ADDRESS, &table)) {
		check(table.len == size && table.count);
		for (int with_trees = 0; with_trees < 2; with_trees++) {
			for (__u64 at = 0; at < 256; at += 5)
				ask(&table, table.text + at);
			ask(&table, 0x401000);
			ask(&table, UINT64_MAX);
			table.inlining = bytes;
			table.inlining_len = size;
			table.inlining_address = ADDRESS;
		}
	}
	free(bytes);
	return 0;
}
