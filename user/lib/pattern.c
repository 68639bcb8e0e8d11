/* SPDX-License-Identifier: BSD-2-Clause */
#include "lib/pattern.h"

#include <stddef.h>

/* Is the byte one of a set "[a-z_]"? The set ends before *ret_behind. */
static bool is_in_set(const char *set, char byte, const char **ret_behind)
{
	bool found = false;

	for (set++; *set && *set != ']'; set++) {
		if (set[1] == '-' && set[2] && set[2] != ']') {
			found |= byte >= set[0] && byte <= set[2];
			set += 2;
		} else {
			found |= byte == *set;
		}
	}
	*ret_behind = *set ? set + 1 : set;
	return found;
}

/* Does the byte match what the pattern begins with, which is not '*'? */
static bool matches_byte(const char *pattern, char byte, const char **ret_behind)
{
	if (*pattern == '[')
		return is_in_set(pattern, byte, ret_behind);
	if (*pattern == '\\' && pattern[1])
		pattern++;
	*ret_behind = pattern + 1;
	return *pattern && *pattern == byte;
}

bool pattern_matches(const char *pattern, const char *name)
{
	const char *star = NULL, *again = NULL, *behind;

	while (*name) {
		if (*pattern == '*') {
			star = ++pattern;
			again = name;
		} else if (matches_byte(pattern, *name, &behind)) {
			pattern = behind;
			name++;
		} else if (star) {
			pattern = star;
			name = ++again;
		} else {
			return false;
		}
	}
	while (*pattern == '*')
		pattern++;
	return !*pattern;
}
