/* SPDX-License-Identifier: BSD-2-Clause */
/* climb: which rows of counts are a climb, and how fast it is. */
#include <stdarg.h>
#include <setjmp.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "leaks/growth/climb.h"

#define SECOND 1000000000ULL
#define START (1000 * SECOND)

static struct climb climb;
static struct climb_rate rate;
static __u64 now;

static int begin(void **state)
{
	(void)state;
	climb = (struct climb){ 0 };
	rate = (struct climb_rate){ 0 };
	now = START;
	return 0;
}

/* A count, a second after the one before. */
static void count_next(__u32 count)
{
	now += SECOND;
	climb_note(&climb, count, now);
	climb_rate_note(&rate, &climb, now);
}

static void count_for(unsigned int times, __u32 count)
{
	while (times--)
		count_next(count);
}

static void expect_climb(bool expected)
{
	assert_int_equal(climb_goes_on(&climb, now), expected);
}

static void a_leak(void **state)
{
	double per_minute;

	(void)state;
	count_for(20, 5);
	for (__u32 count = 6; count <= 15; count++) {
		expect_climb(false);
		count_next(count);
	}
	expect_climb(true);
	assert_int_equal(climb.base, 5);
	assert_int_equal(climb.count, 15);
	assert_true(climb_per_minute(&rate, &climb, now, &per_minute));
	assert_true(per_minute > 59.9 && per_minute < 60.1);
}

static void a_slow_leak(void **state)
{
	(void)state;
	for (__u32 count = 100; count < 108; count++)
		count_for(1800, count);
	expect_climb(false);
	count_for(1800, 108);
	expect_climb(true);
	count_for(3 * 1800, 108); /* three pauses of half an hour */
	expect_climb(false);
}

static void steady_or_shrinking(void **state)
{
	(void)state;
	count_for(100, 70);
	expect_climb(false);
	for (__u32 count = 70; count > 5; count--)
		count_next(count);
	expect_climb(false);
}

/* A program opens its files, and that is all. */
static void a_start(void **state)
{
	(void)state;
	for (__u32 count = 3; count < 60; count += 10)
		count_next(count);
	count_for(100, 60);
	expect_climb(false);
}

/* Each wave is as high as the one before; the first one is quick. */
static void a_pool(void **state)
{
	(void)state;
	for (int wave = 0; wave < 20; wave++) {
		for (__u32 count = 5; count <= 40; count += 5) {
			count_next(count);
			expect_climb(false);
		}
		for (__u32 count = 40; count > 5; count -= 5) {
			count_next(count);
			expect_climb(false);
		}
	}
}

/* A pool of long waves climbs in its first, until it falls back; never again. */
static void a_pool_of_long_waves(void **state)
{
	(void)state;
	for (__u32 count = 5; count <= 40; count++)
		count_next(count);
	expect_climb(true);
	count_next(21);
	expect_climb(false);
	for (int wave = 0; wave < 5; wave++) {
		for (__u32 count = 21; count > 5; count--)
			count_next(count);
		for (__u32 count = 5; count <= 40; count++) {
			count_next(count);
			expect_climb(false);
		}
		count_next(20);
	}
}

/* Numbers of chance around a mean have a new peak now and then, and fall back in between. */
static void chance(void **state)
{
	unsigned int seed = 1, flagged = 0;

	(void)state;
	for (int i = 0; i < 100000; i++) {
		seed = seed * 1664525 + 1013904223;
		count_next(100 + (seed >> 16) % 40);
		flagged += climb_goes_on(&climb, now);
	}
	assert_int_equal(flagged, 0);
}

static void it_begins_where_it_was_least(void **state)
{
	(void)state;
	count_next(30);
	count_next(12);
	count_for(5, 12);
	for (__u32 count = 12; count <= 50; count++)
		count_next(count);
	expect_climb(true);
	assert_int_equal(climb.base, 12);
}

static void a_small_dip_does_not_end_it(void **state)
{
	(void)state;
	for (__u32 count = 10; count <= 50; count++)
		count_next(count);
	count_next(40);
	expect_climb(true);
	assert_int_equal(climb.base, 10);
}

/* A pool that has warmed up, and has one more now and then. */
static void silence_ends_it(void **state)
{
	(void)state;
	for (__u32 count = 10; count <= 50; count++)
		count_next(count);
	count_for(10, 50);
	expect_climb(true);
	count_next(50);
	expect_climb(false);
	assert_true(climb_may_come(&climb, now));
	for (__u32 count = 51; count < 54; count++) {
		count_for(3600, count);
		expect_climb(false);
	}
	assert_int_equal(climb.base, 50);
}

/* Three of its own pauses: a leak that gets one more every eight seconds. */
static void a_pause_does_not_end_it(void **state)
{
	(void)state;
	for (__u32 count = 10; count <= 50; count++)
		count_for(8, count);
	count_for(16, 50);
	expect_climb(true);
	count_next(50);
	count_next(50);
	expect_climb(false);
}

/* It goes on to grow after a rest: then it climbs again, from there. */
static void it_climbs_again(void **state)
{
	(void)state;
	for (__u32 count = 10; count <= 50; count++)
		count_next(count);
	count_for(600, 50);
	for (__u32 count = 51; count <= 61; count++)
		count_next(count);
	expect_climb(true);
	assert_int_equal(climb.base, 50);
}

/* Nothing more comes: so it is slower than it was. */
static void the_rate_falls_with_silence(void **state)
{
	double before, after;

	(void)state;
	for (__u32 count = 10; count <= 50; count++)
		count_next(count);
	assert_true(climb_per_minute(&rate, &climb, now, &before));
	count_for(9, 50);
	assert_true(climb_per_minute(&rate, &climb, now, &after));
	assert_true(after < before * 0.9);
}

/* The rate is that of the last minutes, not of the whole climb. */
static void the_rate_is_of_now(void **state)
{
	double per_minute;

	(void)state;
	for (__u32 i = 0; i < 3600; i++)
		count_next(10 + i);
	for (__u32 i = 0; i < 3600; i++)
		count_next(3610 + i / 10);
	assert_true(climb_per_minute(&rate, &climb, now, &per_minute));
	assert_true(per_minute > 5.9 && per_minute < 6.1);
}

#define test(f) cmocka_unit_test_setup(f, begin)

int main(void)
{
	const struct CMUnitTest tests[] = {
		test(a_leak),
		test(a_slow_leak),
		test(steady_or_shrinking),
		test(a_start),
		test(a_pool),
		test(a_pool_of_long_waves),
		test(chance),
		test(it_begins_where_it_was_least),
		test(a_small_dip_does_not_end_it),
		test(silence_ends_it),
		test(a_pause_does_not_end_it),
		test(it_climbs_again),
		test(the_rate_falls_with_silence),
		test(the_rate_is_of_now),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
