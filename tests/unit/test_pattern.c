/* SPDX-License-Identifier: BSD-2-Clause */
/* pattern: says what fnmatch(3) says, of all that the rules have and of what is made to confuse. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <fnmatch.h>

#include "frame_examples.h"
#include "lib/pattern.h"

static void check(const char *pattern, const char *name)
{
	bool wanted = !fnmatch(pattern, name, 0);

	if (pattern_matches(pattern, name) != wanted)
		fail_msg("'%s' %s match '%s'", pattern, wanted ? "should" : "should not", name);
	if (wanted)
		assert_true(pattern_may_match(pattern, name));
}

static void it_agrees_with_fnmatch(void **state)
{
	static const char *const patterns[] = {
		"",	   "*",	    "a",    "ab",   "*a",    "a*",    "*a*",
		"a*b",	   "a*b*c", "**",   "*ab*", "[ab]",  "[a-c]", "[a-c]*",
		"x[0-9]*", "\\*",   "\\*a", "*\\*", "[[]x]", "*[ab]", "a[b]c",
	};
	static const char *const names[] = {
		"",  "a",  "b",	 "ab",	"ba", "aa",  "abc", "aabbcc", "xaxbxc", "aXbXc", "abab",
		"*", "*a", "**", "a*b", "x1", "x1y", "xy",  "[x]",    "c",	"d",	 "\\",
	};

	(void)state;
	for (size_t i = 0; i < sizeof(patterns) / sizeof(patterns[0]); i++)
		for (size_t n = 0; n < sizeof(names) / sizeof(names[0]); n++)
			check(patterns[i], names[n]);
}

/* Each pattern of the rules, on each of their examples. */
static void it_agrees_on_the_rules(void **state)
{
	size_t count;
	const struct frame_rule *rules = frame_rules(&count);

	(void)state;
	for (size_t i = 0; i < count; i++)
		for (size_t n = 0; n < sizeof(examples) / sizeof(examples[0]); n++) {
			if (rules[i].module && examples[n].module)
				check(rules[i].module, examples[n].module);
			if (rules[i].function && examples[n].function)
				check(rules[i].function, examples[n].function);
		}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(it_agrees_with_fnmatch),
		cmocka_unit_test(it_agrees_on_the_rules),
	};

	return cmocka_run_group_tests_name("pattern", tests, NULL, NULL);
}
