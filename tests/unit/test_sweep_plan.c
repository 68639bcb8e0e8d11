/* SPDX-License-Identifier: BSD-2-Clause */
/* sweep_plan: which sweep is a full sweep, and how many processes are looked at alone. */
#include <stdarg.h>
#include <setjmp.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "kernel/sweeps/sweep_plan.h"

#define SECOND 1000000000ULL

static void the_first_is_a_census(void **state)
{
	struct sweep_plan plan = { .interval_ns = SECOND, .full_sweep_interval_ns = 60 * SECOND };

	(void)state;
	assert_true(sweep_plan_is_full(&plan, 5));
}

static void then_one_each_full_sweep_interval(void **state)
{
	struct sweep_plan plan = { .interval_ns = SECOND, .full_sweep_interval_ns = 60 * SECOND };

	(void)state;
	sweep_plan_was_full(&plan, 100 * SECOND, 1, false);
	assert_false(sweep_plan_is_full(&plan, 101 * SECOND));
	assert_false(sweep_plan_is_full(&plan, 159 * SECOND));
	assert_true(sweep_plan_is_full(&plan, 160 * SECOND - 1)); /* sweeps are not quite even */
	assert_true(sweep_plan_is_full(&plan, 500 * SECOND));
}

static void what_was_left_open_is_decided_by_the_next(void **state)
{
	struct sweep_plan plan = { .interval_ns = SECOND, .full_sweep_interval_ns = 60 * SECOND };

	(void)state;
	sweep_plan_was_full(&plan, 100 * SECOND, 1, true);
	assert_true(sweep_plan_is_full(&plan, 101 * SECOND));
	sweep_plan_was_full(&plan, 101 * SECOND, 1, false);
	assert_false(sweep_plan_is_full(&plan, 102 * SECOND));
}

static void none_is_shorter_than_an_interval(void **state)
{
	struct sweep_plan plan = { .interval_ns = SECOND, .full_sweep_interval_ns = 0 };

	(void)state;
	sweep_plan_was_full(&plan, 100 * SECOND, 1, false);
	assert_true(sweep_plan_is_full(&plan, 100 * SECOND + 1));
}

static void many_processes_are_a_census(void **state)
{
	struct sweep_plan plan = { .interval_ns = SECOND, .full_sweep_interval_ns = 60 * SECOND };

	(void)state;
	sweep_plan_was_full(&plan, 100 * SECOND, 57000000, false);
	assert_true(sweep_plan_may_look(&plan, 10));
	assert_true(sweep_plan_may_look(&plan, 250));
	assert_false(sweep_plan_may_look(&plan, 100000));
	sweep_plan_was_full(&plan, 100 * SECOND, 1, false);
	assert_true(sweep_plan_may_look(&plan, 1)); /* of one it is a part of a full sweep */
	assert_false(sweep_plan_may_look(&plan, 2));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_first_is_a_census),
		cmocka_unit_test(then_one_each_full_sweep_interval),
		cmocka_unit_test(what_was_left_open_is_decided_by_the_next),
		cmocka_unit_test(none_is_shorter_than_an_interval),
		cmocka_unit_test(many_processes_are_a_census),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
