/* SPDX-License-Identifier: BSD-2-Clause */
/* How like each other two words are. */
#define _GNU_SOURCE 1
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <string.h>

#include "lib/text.h"
#include "options/distance.h"

static size_t between(const char *a, const char *b)
{
	size_t there = distance(a, strlen(a), b, strlen(b));

	assert_int_equal(there, distance(b, strlen(b), a, strlen(a)));
	return there;
}

static void distances(void **state)
{
	char longest[DISTANCE_MAX + 2];

	(void)state;
	assert_int_equal(between("", ""), 0);
	assert_int_equal(between("", "abc"), 3);
	assert_int_equal(between("nginx", "nginz"), 1);
	assert_int_equal(between("nginx", "ngnx"), 1);
	assert_int_equal(between("nginx", "ngxin"), 2);
	assert_int_equal(between("nginx", "ngnix"), 1); /* a swap */
	assert_int_equal(between("ab", "ba"), 1);
	assert_int_equal(between("abc", "bca"), 2);
	assert_int_equal(between("kitten", "sitting"), 3);
	memset(longest, 'x', sizeof(longest));
	longest[DISTANCE_MAX + 1] = '\0';
	assert_true(between("x", longest) == SIZE_MAX);
	longest[DISTANCE_MAX] = '\0';
	assert_int_equal(between("x", longest), DISTANCE_MAX - 1);
}

static void suggestions(void **state)
{
	struct nearest slip = nearest_begin("scna=", 4), other = nearest_begin("xyz", 3);
	struct text text = TEXT_INIT;

	(void)state;
	nearest_try(&slip, "doctor");
	nearest_try(&slip, "scan");
	nearest_try(&slip, "agent");
	assert_true(nearest_add(&slip, "--", &text));
	assert_string_equal(text_str(&text), " (did you mean '--scan'?)");
	nearest_try(&other, "scan");
	text_clear(&text);
	assert_false(nearest_add(&other, "", &text));
	assert_string_equal(text_str(&text), "");
	text_free(&text);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(distances),
		cmocka_unit_test(suggestions),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
