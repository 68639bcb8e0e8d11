/* SPDX-License-Identifier: BSD-2-Clause */
/* Symbols to names: whatever stands in a string table, with libiberty's demanglers behind it. */
#include "fuzz.h"

#include "function_name.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct input input = input_of(data, size);
	bool is_go = take_u8(&input) & 1;
	char *symbol = take_rest(&input), *name = function_name(symbol, is_go), *again;

	check(name);
	check(!*name == !*symbol);
	check(strlen(name) < FUNCTION_NAME_MAX);
	if (is_go)
		check(!strncmp(name, symbol, FUNCTION_NAME_MAX - 1));
	again = function_name(symbol, is_go);
	check(again && !strcmp(name, again));
	free(again);
	free(name);
	free(symbol);
	return 0;
}
