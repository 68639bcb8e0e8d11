/* SPDX-License-Identifier: BSD-2-Clause */
/* rate: sockets more a minute, by their births. */
#include <math.h>
#include <stdarg.h>
#include <setjmp.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "leaks/growth/rate.h"

#define MS 1000000ULL
#define SECOND 1000000000ULL
#define MINUTE (60 * SECOND)
#define START (1000 * MINUTE)

/* Births a gap apart, from START on, each counted after a time. The last one's. */
static __u64 births(struct rate *rate, unsigned int count, __u64 gap_ns, __u64 lag_ns)
{
	__u64 born_ns = START;

	for (unsigned int i = 0; i < count; i++) {
		born_ns = START + i * gap_ns;
		rate_birth(rate, born_ns, born_ns + lag_ns);
	}
	return born_ns;
}

static void expect(struct rate *rate, __u64 now_ns, double per_minute)
{
	rate_update(rate, now_ns);
	assert_true(rate->known);
	if (fabs(rate->per_minute - per_minute) > 0.001 + fabs(per_minute) / 1000)
		fail_msg("expected %g a minute, seen: %g", per_minute, rate->per_minute);
}

static void expect_unknown(struct rate *rate, __u64 now_ns)
{
	rate_update(rate, now_ns);
	assert_false(rate->known);
}

/* After eight seconds a trace has those of the first three, here of 300 a minute. */
static void three_seconds_are_enough(void **state)
{
	struct rate rate = { 0 };
	__u64 last_ns = births(&rate, 15, 200 * MS, 5 * SECOND);

	(void)state;
	expect(&rate, last_ns + 5 * SECOND, 300);
	/* Also when the sweep is late. */
	expect(&rate, last_ns + 7 * SECOND, 300);
}

static void one_birth_has_no_rate(void **state)
{
	struct rate rate = { 0 };

	(void)state;
	expect_unknown(&rate, START);
	births(&rate, 1, 0, 0);
	expect_unknown(&rate, START + SECOND);
	expect_unknown(&rate, START + 3600 * SECOND);
}

static void one_moment_has_no_rate(void **state)
{
	struct rate rate = { 0 };

	(void)state;
	births(&rate, 50, MS, 5 * SECOND);
	expect_unknown(&rate, START + 6 * SECOND);
	rate_birth(&rate, START + 2 * SECOND, START + 7 * SECOND);
	expect(&rate, START + 7 * SECOND, 50 * 30);
}

static void the_order_does_not_matter(void **state)
{
	struct rate rate = { 0 };

	(void)state;
	/* 7 is prime to 3600: each second of the hour once, as a restart finds them. */
	for (__u64 i = 0; i < 3600; i++)
		rate_birth(&rate, START + i * 7 % 3600 * SECOND, START + 3600 * SECOND);
	rate_update(&rate, START + 3600 * SECOND);
	assert_true(rate.known);
	assert_true(rate.per_minute > 50 && rate.per_minute < 70);
}

static void the_last_ten_minutes_count(void **state)
{
	struct rate rate = { 0 };
	__u64 last_ns = births(&rate, 1200, 500 * MS, SECOND);

	(void)state;
	expect(&rate, last_ns + SECOND, 120);
	for (int i = 1; i <= 130; i++)
		rate_birth(&rate, last_ns + i * 5 * SECOND, last_ns + (i * 5 + 1) * SECOND);
	expect(&rate, last_ns + 651 * SECOND, 12);
}

static void a_slow_leak_has_a_rate(void **state)
{
	struct rate rate = { 0 };
	__u64 last_ns = births(&rate, 2, 20 * MINUTE, MINUTE);

	(void)state;
	expect(&rate, last_ns + MINUTE, 0.05);
	last_ns = births(&rate, 10, 20 * MINUTE, MINUTE);
	expect(&rate, last_ns + 20 * MINUTE, 0.05);
	expect(&rate, last_ns + 100 * MINUTE, 0.05);
}

/* One was made at the start of a program that began to leak seven hours later. */
static void what_is_much_older_is_of_another_growth(void **state)
{
	struct rate rate = { 0 };

	(void)state;
	rate_birth(&rate, START - 420 * MINUTE, START - 419 * MINUTE);
	births(&rate, 3, 10 * SECOND, MINUTE);
	expect(&rate, START + 80 * SECOND, 6);
}

static void silence_brings_it_down(void **state)
{
	struct rate rate = { 0 };
	__u64 last_ns = births(&rate, 601, SECOND, SECOND) + SECOND;

	(void)state;
	expect(&rate, last_ns + RATE_SILENCE_NS, 60);
	assert_int_equal(rate.silent_ns, 0);
	rate_update(&rate, last_ns + 5 * MINUTE);
	assert_int_equal(rate.silent_ns, 5 * MINUTE);
	assert_true(rate.per_minute > 25 && rate.per_minute < 36);
	rate_update(&rate, last_ns + 9 * MINUTE);
	assert_true(rate.per_minute > 3 && rate.per_minute < 12);
	expect(&rate, last_ns + 10 * MINUTE + SECOND, 0);
	expect(&rate, last_ns + 600 * MINUTE, 0);
}

static void what_ends_counts_against_it(void **state)
{
	struct rate rate = { 0 };
	__u64 last_ns = births(&rate, 61, SECOND, SECOND) + SECOND;

	(void)state;
	for (int i = 0; i < 15; i++)
		rate_end(&rate);
	expect(&rate, last_ns, 60.0 * (61 - 15) / 61);
	for (int i = 15; i < 61; i++)
		rate_end(&rate);
	expect(&rate, last_ns, 0);
	for (int i = 0; i < 61; i++)
		rate_end(&rate);
	expect(&rate, last_ns, -60);
}

/* A pool of ten, each renewed once in ten seconds. */
static void a_pool_does_not_grow(void **state)
{
	struct rate rate = { 0 };

	(void)state;
	for (__u64 i = 0; i < 3600; i++) {
		if (i >= 10)
			rate_end(&rate);
		rate_birth(&rate, START + i * SECOND, START + (i + 1) * SECOND);
	}
	/* One is made, and the one that it replaces noticed a sweep later. */
	rate_update(&rate, START + 3601 * SECOND);
	assert_true(rate.known && fabs(rate.per_minute) < 0.2 && rate.more <= 1);
}

static void what_was_not_its_own_is_taken_back(void **state)
{
	struct rate rate = { 0 };

	(void)state;
	births(&rate, 11, MINUTE, SECOND);
	for (int i = 6; i <= 10; i++)
		rate_take_back(&rate, START + i * MINUTE);
	expect(&rate, START + 5 * MINUTE + SECOND, 1);
	for (int i = 0; i <= 5; i++)
		rate_take_back(&rate, START + i * MINUTE);
	expect_unknown(&rate, START + 10 * MINUTE);
	rate_take_back(&rate, START);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(three_seconds_are_enough),
		cmocka_unit_test(one_birth_has_no_rate),
		cmocka_unit_test(one_moment_has_no_rate),
		cmocka_unit_test(the_order_does_not_matter),
		cmocka_unit_test(the_last_ten_minutes_count),
		cmocka_unit_test(a_slow_leak_has_a_rate),
		cmocka_unit_test(what_is_much_older_is_of_another_growth),
		cmocka_unit_test(silence_brings_it_down),
		cmocka_unit_test(what_ends_counts_against_it),
		cmocka_unit_test(a_pool_does_not_grow),
		cmocka_unit_test(what_was_not_its_own_is_taken_back),
	};

	return cmocka_run_group_tests_name("rate", tests, NULL, NULL);
}
