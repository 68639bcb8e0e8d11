/* SPDX-License-Identifier: BSD-2-Clause */
/* piece: how much of a sweep is done at once, and what ends it. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <fcntl.h>
#include <unistd.h>
#include <cmocka.h>

#include "kernel/sweeps/piece.h"
#include "lib/signals.h"
#include "lib/time.h"

static void spend(__u64 ns)
{
	__u64 until_ns = clock_now(CLOCK_THREAD_CPUTIME_ID) + ns;

	while (clock_now(CLOCK_THREAD_CPUTIME_ID) < until_ns)
		;
}

static void spend_in_pause(void *ctx)
{
	(*(unsigned int *)ctx)++;
	spend(20 * NSEC_PER_MSEC);
}

static void by_default_a_twentieth_within_bounds(void **state)
{
	(void)state;
	assert_int_equal(piece_budget_ns(2 * NSEC_PER_SEC), 100 * NSEC_PER_MSEC);
	assert_int_equal(piece_budget_ns(10 * NSEC_PER_MSEC), 50 * NSEC_PER_MSEC);
	assert_int_equal(piece_budget_ns(3600 * NSEC_PER_SEC), 250 * NSEC_PER_MSEC);
}

static void its_time_ends_it(void **state)
{
	struct piece piece = { 0 };

	(void)state;
	piece_begin(&piece, 5 * NSEC_PER_MSEC, false);
	assert_false(piece_is_over(&piece));
	spend(6 * NSEC_PER_MSEC);
	assert_true(piece_is_over(&piece));
}

static void a_pause_takes_none_of_it(void **state)
{
	unsigned int pauses = 0;
	struct piece piece = { .on_pause = spend_in_pause, .ctx = &pauses };

	(void)state;
	piece_begin(&piece, 10 * NSEC_PER_MSEC, false);
	piece_pause(&piece);
	assert_int_equal(pauses, 1);
	assert_false(piece_is_over(&piece));
}

/* As many reads as there are bytes; each of them is a pause. */
static void it_is_read_to_the_end_or_until_it_is_over(void **state)
{
	char bytes[200] = { 0 };
	unsigned int pauses = 0;
	__u32 readings = 0;
	struct piece piece = { .readings = &readings, .on_pause = spend_in_pause, .ctx = &pauses };
	int ends[2];

	(void)state;
	assert_int_equal(pipe(ends), 0);
	assert_int_equal(write(ends[1], bytes, sizeof(bytes)), sizeof(bytes));
	piece_begin(&piece, 0, false);
	assert_int_equal(piece_read(&piece, ends[0]), 1);
	assert_int_equal(pauses, 1);
	assert_int_equal(readings, 2);
	close(ends[1]);
	piece_begin(&piece, UINT64_MAX, false);
	assert_int_equal(piece_read(&piece, ends[0]), 0);
	assert_int_equal(pauses, 4);
	close(ends[0]);
	assert_int_equal(piece_read(&piece, ends[0]), -EBADF);
}

/* The last test: a stop cannot be taken back. */
static void a_stop_ends_it_and_the_last_one_later(void **state)
{
	struct piece piece = { 0 }, last = { 0 };

	(void)state;
	piece_begin(&piece, UINT64_MAX, false);
	piece_begin(&last, UINT64_MAX, true);
	spend(101 * NSEC_PER_MSEC);
	assert_false(piece_is_over(&piece));
	signals_ask_stop();
	assert_true(piece_is_over(&piece));
	assert_false(piece_is_over(&last));
	usleep(600000);
	assert_true(piece_is_over(&last));
	piece_begin(&last, UINT64_MAX, true);
	assert_false(piece_is_over(&last)); /* it begins in any case */
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(by_default_a_twentieth_within_bounds),
		cmocka_unit_test(its_time_ends_it),
		cmocka_unit_test(a_pause_takes_none_of_it),
		cmocka_unit_test(it_is_read_to_the_end_or_until_it_is_over),
		cmocka_unit_test(a_stop_ends_it_and_the_last_one_later),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
