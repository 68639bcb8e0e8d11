/* SPDX-License-Identifier: BSD-2-Clause */
/* When the next sweep is due: see pace.h. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "lib/time.h"
#include "watch/pace.h"

#define AT (1000 * NSEC_PER_SEC)
#define SECOND NSEC_PER_SEC

static void an_interval_after_it_was_due(void **state)
{
	(void)state;
	assert_int_equal(pace_next_ns(AT, AT + NSEC_PER_MSEC, SECOND, NSEC_PER_MSEC), AT + SECOND);
}

static void one_that_was_asked_for_puts_nothing_off(void **state)
{
	(void)state;
	assert_int_equal(pace_next_ns(AT + SECOND / 2, AT, SECOND, 0), AT + SECOND / 2);
}

static void a_shorter_interval_holds_at_once(void **state)
{
	(void)state;
	assert_int_equal(pace_next_ns(AT + 60 * SECOND, AT, SECOND, 0), AT + SECOND);
}

static void a_sweep_takes_a_fifth_of_the_time_at_most(void **state)
{
	(void)state;
	assert_int_equal(pace_next_ns(AT, AT + SECOND, SECOND, SECOND), AT + 5 * SECOND);
	assert_int_equal(pace_next_ns(AT, AT + SECOND / 2, SECOND, SECOND / 16), AT + SECOND);
}

static void but_nobody_waits_longer_than_ten_seconds(void **state)
{
	(void)state;
	assert_int_equal(pace_next_ns(AT, AT + 60 * SECOND, SECOND, 60 * SECOND), AT + 70 * SECOND);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(an_interval_after_it_was_due),
		cmocka_unit_test(one_that_was_asked_for_puts_nothing_off),
		cmocka_unit_test(a_shorter_interval_holds_at_once),
		cmocka_unit_test(a_sweep_takes_a_fifth_of_the_time_at_most),
		cmocka_unit_test(but_nobody_waits_longer_than_ten_seconds),
	};

	return cmocka_run_group_tests_name("pace", tests, NULL, NULL);
}
