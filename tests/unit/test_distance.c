/* SPDX-License-Identifier: BSD-2-Clause */
/* How like each other two words are. */
#define _GNU_SOURCE 1
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <string.h>

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
	assert_int_equal(between("kitten", "sitting"), 3);
	memset(longest, 'x', sizeof(longest));
	longest[DISTANCE_MAX + 1] = '\0';
	assert_true(between("x", longest) == SIZE_MAX);
	longest[DISTANCE_MAX] = '\0';
	assert_int_equal(between("x", longest), DISTANCE_MAX - 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(distances),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
