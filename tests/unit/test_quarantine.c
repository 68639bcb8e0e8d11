/* SPDX-License-Identifier: BSD-2-Clause */
/* Quarantine: who is kept out after which number of failures, and for how long. */
#define _GNU_SOURCE 1
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "host/files/quarantine.h"

#define S 1000000000ULL

static void a_process_after_the_first_time(void **state)
{
	struct quarantine quarantine = { 0 };

	(void)state;
	assert_false(quarantine_holds(&quarantine, 10, 1000, S));
	quarantine_strike(&quarantine, 10, 1000, S);
	assert_true(quarantine_holds(&quarantine, 10, 1000, 2 * S));
	assert_false(quarantine_holds(&quarantine, 11, 1000, 2 * S));
	/* a user of the same number as a process is another */
	assert_false(quarantine_holds(&quarantine, 1000, 10, 2 * S));
	assert_true(quarantine_holds(&quarantine, 10, 1000, S + QUARANTINE_NS - 1));
	assert_false(quarantine_holds(&quarantine, 10, 1000, S + QUARANTINE_NS));
}

static void a_user_after_the_third(void **state)
{
	struct quarantine quarantine = { 0 };

	(void)state;
	for (int i = 0; i < QUARANTINE_USER_STRIKES; i++) {
		assert_false(quarantine_holds(&quarantine, 99, 1000, 10 * S));
		quarantine_strike(&quarantine, 10 + i, 1000, 10 * S);
	}
	assert_true(quarantine_holds(&quarantine, 99, 1000, 11 * S));
	assert_false(quarantine_holds(&quarantine, 99, 0, 11 * S)); /* root's are looked into */
}

static void strikes_long_ago_do_not_add_up(void **state)
{
	struct quarantine quarantine = { 0 };

	(void)state;
	for (int i = 0; i < 2 * QUARANTINE_USER_STRIKES; i++)
		quarantine_strike(&quarantine, 10 + i, 1000, S + (__u64)i * QUARANTINE_NS);
	assert_false(quarantine_holds(&quarantine, 99, 1000,
				      2 * S + 2 * QUARANTINE_USER_STRIKES * QUARANTINE_NS));
}

static void a_user_who_takes_too_long(void **state)
{
	struct quarantine quarantine = { 0 };

	(void)state;
	for (int i = 1; i <= 30; i++) {
		quarantine_spend(&quarantine, 1000, S, (__u64)i * S);
		assert_false(quarantine_holds(&quarantine, 1, 1000, (__u64)i * S));
	}
	quarantine_spend(&quarantine, 1000, S, 31 * S);
	assert_true(quarantine_holds(&quarantine, 1, 1000, 32 * S));
	assert_false(quarantine_holds(&quarantine, 1, 1001, 32 * S));
	/* counted anew after a while */
	assert_false(quarantine_holds(&quarantine, 1, 1000, S + QUARANTINE_NS));
	quarantine_spend(&quarantine, 1000, S, S + QUARANTINE_NS);
	assert_false(quarantine_holds(&quarantine, 1, 1000, 2 * S + QUARANTINE_NS));
}

/* Honest work of a user who is kept out, begun before, does not keep the user out for longer. */
static void work_does_not_prolong_it(void **state)
{
	struct quarantine quarantine = { 0 };

	(void)state;
	for (int i = 0; i < QUARANTINE_USER_STRIKES; i++)
		quarantine_strike(&quarantine, 10 + i, 1000, 10 * S);
	quarantine_spend(&quarantine, 1000, S, 10 * S + QUARANTINE_NS / 2);
	assert_true(quarantine_holds(&quarantine, 99, 1000, 10 * S + QUARANTINE_NS - 1));
	assert_false(quarantine_holds(&quarantine, 99, 1000, 10 * S + QUARANTINE_NS));
}

static void more_than_there_are_places_for(void **state)
{
	struct quarantine quarantine = { 0 };

	(void)state;
	for (unsigned int i = 0; i < 4 * QUARANTINE_PLACES; i++)
		quarantine_strike(&quarantine, (pid_t)(100 + i), 1000, (1 + i) * S);
	/* the newest are kept out, and the user still is */
	assert_true(quarantine_holds(&quarantine, 100 + 4 * QUARANTINE_PLACES - 1, 7, 300 * S));
	assert_false(quarantine_holds(&quarantine, 100, 7, 300 * S));
	assert_true(quarantine_holds(&quarantine, 1, 1000, 300 * S));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_process_after_the_first_time),
		cmocka_unit_test(a_user_after_the_third),
		cmocka_unit_test(strikes_long_ago_do_not_add_up),
		cmocka_unit_test(a_user_who_takes_too_long),
		cmocka_unit_test(work_does_not_prolong_it),
		cmocka_unit_test(more_than_there_are_places_for),
	};

	return cmocka_run_group_tests_name("quarantine", tests, NULL, NULL);
}
