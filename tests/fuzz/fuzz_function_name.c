/* SPDX-License-Identifier: BSD-2-Clause */
/* Symbols to names: whatever stands in a string table, with libiberty's demanglers behind it. */
#include "fuzz.h"

#include "report/short_name.h"
#include "stacks/names/function_name.h"

/* In a line of text: nothing but what stands in the name, and a short one whole. */
static void check_short(const char *name)
{
	struct text whole = {}, text = {};
	const char *next, *from;

	text_add_clean(&whole, name, strlen(name));
	short_name_add(&text, name);
	from = text_str(&whole);
	check(text.len <= SHORT_NAME_LIMIT + strlen("...") || strlen(name) <= SHORT_NAME_MAX);
	if (strlen(name) <= SHORT_NAME_MAX)
		check(!strcmp(text_str(&text), from));
	if (text.len > SHORT_NAME_LIMIT) /* it may be cut, "..." is its end then */
		text.data[text.len - strlen("...")] = '\0';
	for (next = text_str(&text); *next; next++, from++)
		while (*from != *next)
			check(*from++);
	text_free(&text);
	text_free(&whole);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct input input = input_of(data, size);
	enum language language = take_u8(&input) % (LANGUAGE_NIM + 1);
	char *symbol = take_rest(&input), *name = function_name(symbol, language), *again;

	check(name);
	check(!*name == !*symbol);
	check(strlen(name) < FUNCTION_NAME_MAX);
	if (language == LANGUAGE_GO)
		check(!strncmp(name, symbol, FUNCTION_NAME_MAX - 1));
	check_short(name);
	check_short(symbol);
	again = function_name(symbol, language);
	check(again && !strcmp(name, again));
	free(again);
	free(name);
	free(symbol);
	return 0;
}
