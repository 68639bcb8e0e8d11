/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * pattern: shell patterns of names, of the kind that tables have: '*', '[a-z]' and '\\'. It says
 * what fnmatch(3) says of them without flags. That takes some 0.5 us each time, and a frame is
 * matched against hundreds. Patterns are the program's own, names are anybody's. Pure.
 */
#ifndef SOCKLEAK_PATTERN_H
#define SOCKLEAK_PATTERN_H

#include <stdbool.h>

bool pattern_matches(const char *pattern, const char *name);

/* False: it does not match, by the first byte alone. */
static inline bool pattern_may_match(const char *pattern, const char *name)
{
	return *pattern == *name || *pattern == '*' || *pattern == '[' || *pattern == '\\';
}

#endif /* SOCKLEAK_PATTERN_H */
