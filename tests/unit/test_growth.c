/* SPDX-License-Identifier: BSD-2-Clause */
/* growth: when it begins, what ends it, and what is remembered of its pauses. */
#include <stdarg.h>
#include <setjmp.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "leaks/growth/growth.h"

#define SECOND 1000000000ULL
#define MINUTE (60 * SECOND)
#define HOUR (60 * MINUTE)

/* A growth, and a clock of sweeps a second apart that find each socket a minute after its birth. */
struct run {
	struct growth growth;
	__u64 now_ns;
	unsigned int open;
};

static struct run begin(void)
{
	return (struct run){ .now_ns = 1000 * HOUR };
}

static bool goes_on(const struct run *run)
{
	return growth_goes_on(&run->growth, MIN_STEPS);
}

/* A sweep that finds one more. */
static void grow(struct run *run)
{
	struct growth_birth birth = { .moment_ns = SECOND };

	run->now_ns += SECOND;
	birth.born_ns = run->now_ns - MINUTE;
	birth.counted_ns = run->now_ns;
	growth_step(&run->growth, ++run->open, &birth);
	growth_tick(&run->growth, run->now_ns, SECOND);
}

/* Sweeps that find nothing. How long it went on. */
static __u64 be_silent(struct run *run, __u64 ns)
{
	__u64 went_on_ns = 0;

	for (; ns; ns -= SECOND) {
		run->now_ns += SECOND;
		growth_tick(&run->growth, run->now_ns, SECOND);
		went_on_ns += goes_on(run) ? SECOND : 0;
	}
	return went_on_ns;
}

static void grow_every(struct run *run, int count, __u64 gap_ns)
{
	for (int i = 0; i < count; i++) {
		grow(run);
		be_silent(run, gap_ns - SECOND);
	}
}

static void three_moments_begin_it(void **state)
{
	struct run run = begin();

	(void)state;
	for (int i = 1; i <= 3; i++) {
		assert_false(goes_on(&run));
		grow(&run);
	}
	assert_true(goes_on(&run));
	assert_true(growth_began(&run.growth, 3));
	assert_false(growth_began(&run.growth, 4));
}

static void one_moment_is_one_step(void **state)
{
	struct growth growth = { 0 };

	(void)state;
	for (unsigned int open = 1; open <= 100; open++)
		growth_step(&growth, open, &(struct growth_birth){ HOUR + open, 2 * HOUR, SECOND });
	assert_int_equal(growth.steps, 1);
	assert_int_equal(growth.peak, 100);
}

/* One sweep finds eight, the newest first, and a hundred more of the same moments. */
static void the_order_of_a_sweep_does_not_matter(void **state)
{
	struct growth growth = { 0 };

	(void)state;
	for (unsigned int i = 0; i < 8; i++)
		growth_step(&growth, i + 1,
			    &(struct growth_birth){ HOUR - i * SECOND, 2 * HOUR, SECOND });
	for (unsigned int i = 0; i < 100; i++)
		growth_step(&growth, i + 9,
			    &(struct growth_birth){ HOUR - i * 70000000, 2 * HOUR, SECOND });
	assert_int_equal(growth.steps, 8);
	growth_tick(&growth, 2 * HOUR, SECOND);
	growth_step(&growth, 200, &(struct growth_birth){ HOUR + SECOND / 2, 2 * HOUR, SECOND });
	assert_int_equal(growth.steps, 8);
	growth_step(&growth, 201, &(struct growth_birth){ HOUR + SECOND, 2 * HOUR, SECOND });
	assert_int_equal(growth.steps, 9);
}

/* However old a socket is when it is counted, it is counted now: the age is no silence. */
static void the_age_of_what_is_counted_is_no_silence(void **state)
{
	struct growth growth = { 0 };
	__u64 now_ns = 1000 * HOUR;

	(void)state;
	for (unsigned int open = 1; open <= 200; open++) {
		growth_step(&growth, open,
			    &(struct growth_birth){ now_ns - 20 * MINUTE, now_ns, SECOND });
		now_ns += 20 * SECOND;
		growth_tick(&growth, now_ns, 20 * SECOND);
		assert_int_equal(growth_goes_on(&growth, MIN_STEPS), open >= MIN_STEPS);
	}
}

static void five_minutes_end_a_fast_one(void **state)
{
	struct run run = begin();

	(void)state;
	grow_every(&run, 100, 2 * SECOND);
	assert_int_equal(growth_patience_ns(&run.growth), MIN_SILENCE_NS);
	assert_int_equal(be_silent(&run, HOUR), MIN_SILENCE_NS - SECOND); /* one is over */
}

static void six_pauses_end_a_slow_one(void **state)
{
	struct run run = begin();

	(void)state;
	grow_every(&run, 10, 20 * MINUTE);
	assert_int_equal(growth_patience_ns(&run.growth), 6 * 20 * MINUTE);
	assert_int_equal(be_silent(&run, 5 * HOUR), 5 * 20 * MINUTE + SECOND);
}

static void six_hours_end_any(void **state)
{
	struct run run = begin();

	(void)state;
	grow_every(&run, 5, 2 * HOUR);
	assert_int_equal(growth_patience_ns(&run.growth), MAX_SILENCE_NS);
	assert_int_equal(be_silent(&run, 5 * HOUR), 4 * HOUR + SECOND);
	grow(&run); /* a peak more, and it grows again */
	assert_true(goes_on(&run));
	/* A pause that is longer is the end of it, and no measure for the next. */
	be_silent(&run, 9 * HOUR);
	grow(&run);
	assert_int_equal(run.growth.pause_ns, 2 * HOUR);
}

static void a_long_pause_is_remembered(void **state)
{
	struct run run = begin();

	(void)state;
	for (int burst = 0; burst < 10; burst++) {
		grow_every(&run, 50, 2 * SECOND);
		assert_true(goes_on(&run));
		be_silent(&run, 20 * MINUTE);
		assert_int_equal(goes_on(&run), burst > 0); /* the first is not known to be one */
	}
}

static void a_long_pause_is_forgotten(void **state)
{
	struct run run = begin();

	(void)state;
	grow_every(&run, 10, 5 * SECOND);
	be_silent(&run, HOUR);
	grow(&run);
	assert_int_equal(growth_patience_ns(&run.growth), MAX_SILENCE_NS);
	grow_every(&run, 121, 4 * MINUTE);
	assert_int_equal(growth_patience_ns(&run.growth), MAX_SILENCE_NS);
	grow_every(&run, 2, 4 * MINUTE);
	assert_int_equal(growth_patience_ns(&run.growth), 24 * MINUTE);
	grow_every(&run, 60 * 60, 5 * SECOND);
	assert_int_equal(growth_patience_ns(&run.growth), MIN_SILENCE_NS);
}

/* One socket was made at the start of a program that began to leak hours later. */
static void what_was_before_it_began_is_soon_forgotten(void **state)
{
	struct run run = begin();

	(void)state;
	grow(&run);
	be_silent(&run, 3 * HOUR);
	grow_every(&run, 2, 2 * SECOND);
	assert_int_equal(growth_patience_ns(&run.growth), MAX_SILENCE_NS);
	grow_every(&run, SETTLED_STEPS - 3, 2 * SECOND);
	assert_int_equal(growth_patience_ns(&run.growth), MIN_SILENCE_NS);
}

/* The next run counts what is made under its eyes after a minute at first. */
static void a_restart_is_no_silence(void **state)
{
	struct run run = begin();

	(void)state;
	grow_every(&run, 10, SECOND);
	run.now_ns += 4 * MINUTE;
	growth_resume(&run.growth, run.now_ns);
	assert_true(goes_on(&run));
	assert_int_equal(be_silent(&run, HOUR), MIN_SILENCE_NS);
	growth_resume(&run.growth, run.now_ns);
	assert_false(goes_on(&run)); /* nor does one revive what has ended */
}

/* When a suppression is lifted: these could have been counted long ago. */
static void what_was_known_before_is_no_growth(void **state)
{
	struct run run = begin();

	(void)state;
	for (unsigned int open = 1; open <= 20; open++) {
		__u64 born_ns = run.now_ns - 3 * HOUR + open * MINUTE;

		growth_step(&run.growth, open,
			    &(struct growth_birth){ born_ns, born_ns + MINUTE, SECOND });
	}
	growth_tick(&run.growth, run.now_ns, SECOND);
	assert_true(growth_began(&run.growth, MIN_STEPS));
	assert_false(goes_on(&run));
}

static void what_has_changed_is_to_be_kept(void **state)
{
	struct growth growth = { 0 };
	struct growth_birth birth = { HOUR, 2 * HOUR, SECOND };

	(void)state;
	growth_step(&growth, 1, &birth);
	assert_true(growth_tick(&growth, 2 * HOUR, SECOND));
	assert_false(growth_tick(&growth, 2 * HOUR + SECOND, SECOND));
	growth_step(&growth, 1, &birth); /* one of two that has taken the other's place */
	assert_false(growth_tick(&growth, 2 * HOUR + 2 * SECOND, SECOND));
	growth_take_back(&growth);
	assert_true(growth_tick(&growth, 2 * HOUR + 3 * SECOND, SECOND));
	assert_int_equal(growth.steps, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(three_moments_begin_it),
		cmocka_unit_test(one_moment_is_one_step),
		cmocka_unit_test(the_order_of_a_sweep_does_not_matter),
		cmocka_unit_test(the_age_of_what_is_counted_is_no_silence),
		cmocka_unit_test(five_minutes_end_a_fast_one),
		cmocka_unit_test(six_pauses_end_a_slow_one),
		cmocka_unit_test(six_hours_end_any),
		cmocka_unit_test(a_long_pause_is_remembered),
		cmocka_unit_test(a_long_pause_is_forgotten),
		cmocka_unit_test(what_was_before_it_began_is_soon_forgotten),
		cmocka_unit_test(a_restart_is_no_silence),
		cmocka_unit_test(what_was_known_before_is_no_growth),
		cmocka_unit_test(what_has_changed_is_to_be_kept),
	};

	return cmocka_run_group_tests_name("growth", tests, NULL, NULL);
}
