/* SPDX-License-Identifier: BSD-2-Clause */
/* Turns: whoever has many processes leaves some for those who have few. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "watch/attribution/turns.h"

static unsigned int take(struct turns *turns, uid_t uid, unsigned int count)
{
	unsigned int taken = 0;

	while (count--)
		taken += turns_take(turns, uid);
	return taken;
}

static void one_user_leaves_some(void **state)
{
	struct turns turns;

	(void)state;
	turns_begin(&turns, 16);
	assert_int_equal(take(&turns, 1000, 1000), 13);
	assert_int_equal(take(&turns, 0, 2), 2); /* who comes later has room */
	assert_int_equal(take(&turns, 1000, 1), 0);
	assert_int_equal(take(&turns, 2000, 5), 1);
	assert_int_equal(take(&turns, 3000, 1), 0);
	turns_begin(&turns, 16); /* the next sweep begins anew */
	assert_int_equal(take(&turns, 1000, 1), 1);
}

static void whoever_has_few_has_all(void **state)
{
	struct turns turns;

	(void)state;
	turns_begin(&turns, 16);
	for (uid_t uid = 0; uid < 4; uid++)
		assert_int_equal(take(&turns, uid, 3), 3);
}

static void more_users_than_are_counted_share_a_place(void **state)
{
	struct turns turns;

	(void)state;
	turns_begin(&turns, 1000);
	for (uid_t uid = 0; uid < 2 * TURNS_USERS; uid++)
		assert_int_equal(take(&turns, uid, 1), 1);
	assert_int_equal(turns.count, TURNS_USERS);
	assert_int_equal(turns.left, 1000 - 2 * TURNS_USERS);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(one_user_leaves_some),
		cmocka_unit_test(whoever_has_few_has_all),
		cmocka_unit_test(more_users_than_are_counted_share_a_place),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
