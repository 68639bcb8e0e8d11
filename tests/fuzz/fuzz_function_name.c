/* SPDX-License-Identifier: BSD-2-Clause */
/* Symbols to names: whatever stands in a string table, with libiberty's demanglers behind it. */
#include "fuzz.h"

#include "report/short_name.h"
#include "stacks/names/function_name.h"
#include "stacks/names/python_name.h"

/* Is `part` what is left of `whole` when some bytes are taken out? The first `len` bytes of it. */
static const char *left_over(const char *whole, const char *part, size_t len)
{
	for (; whole && len; whole++, part++, len--) {
		whole = strchr(whole, *part);
		if (!whole)
			break;
	}
	return whole;
}

/* The same, with "..." in the place of a middle. */
static bool left_over_around(const char *whole, const char *part)
{
	for (const char *dots = part; (dots = strstr(dots, "...")); dots++) {
		const char *rest = left_over(whole, part, (size_t)(dots - part));

		if (rest && left_over(rest, dots + 3, strlen(dots + 3)))
			return true;
	}
	return false;
}

/* In a line of text: nothing but what stands in the name; a short one whole, but for its file. */
static void check_short(const char *name)
{
	struct text whole = {}, text = {};
	const char *shown, *from, *file;
	size_t len;

	if (python_name_split(name, &from, &len, &file))
		text_add_clean(&whole, from, len);
	else
		text_add_clean(&whole, name, strlen(name));
	short_name_add(&text, name);
	from = text_str(&whole);
	shown = text_str(&text);
	check(text.len <= SHORT_NAME_LIMIT + strlen("...") || strlen(name) <= SHORT_NAME_MAX);
	if (strlen(name) <= SHORT_NAME_MAX && text.len <= SHORT_NAME_LIMIT)
		check(!strcmp(shown, from));
	check(left_over(from, shown, text.len) || left_over_around(from, shown));
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
