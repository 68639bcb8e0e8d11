/* SPDX-License-Identifier: BSD-2-Clause */
/* distinct: each string once, numbered as they came. */
#include <stdarg.h>
#include <setjmp.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "report/pprof/distinct.h"

static void each_is_kept_once(void **state)
{
	struct distinct distinct = { 0 };
	struct distinct_item *item;

	(void)state;
	assert_null(distinct_find(&distinct, "a", 1));
	assert_int_equal(distinct_get(&distinct, "a", 1)->number, 0);
	assert_int_equal(distinct_get(&distinct, "", 0)->number, 1);
	assert_int_equal(distinct_get(&distinct, "a\0b", 3)->number, 2);
	item = distinct_get(&distinct, "a\0c", 3);
	assert_int_equal(item->number, 3);
	item->sums[1] += 5;
	assert_ptr_equal(distinct_get(&distinct, "a\0c", 3), item);
	assert_ptr_equal(distinct_find(&distinct, "a\0c", 3), item);
	assert_int_equal(item->sums[1], 5);
	assert_int_equal(distinct.count, 4);
	assert_int_equal(((struct distinct_item *)distinct.items->hh.next)->len, 0);
	distinct_clear(&distinct);
	assert_int_equal(distinct_get(&distinct, "b", 1)->number, 0);
	distinct_clear(&distinct);
}

int main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(each_is_kept_once) };

	return cmocka_run_group_tests(tests, NULL, NULL);
}
