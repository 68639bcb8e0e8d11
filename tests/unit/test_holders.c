/* SPDX-License-Identifier: BSD-2-Clause */
/* Holders: who comes, who goes, in which order they are named, and how many. */
#define _GNU_SOURCE 1
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "leaks/holders.h"

static struct event held(__u32 tgid, __u32 fd)
{
	return (struct event){ .kind = EVENT_HELD, .tgid = tgid, .fd = fd, .comm = "worker" };
}

static void the_creator_comes_first(void **state)
{
	struct event events[] = { held(30, 3), held(10, 3), held(20, 4), held(40, 5) };
	struct holders holders = { 0 };
	static const __u32 order[] = { 20, 10, 30, 40 };

	(void)state;
	for (int i = 0; i < 4; i++)
		assert_int_equal(holders_add(&holders, &events[i], 20), 1);
	assert_int_equal(holders.count, 4);
	for (int i = 0; i < 4; i++)
		assert_int_equal(holders.named[i].tgid, order[i]);
	assert_string_equal(holders.named[0].comm, "worker");
	holders_clear(&holders);
	assert_int_equal(holders.count, 0);
}

static void reported_twice_is_one(void **state)
{
	struct event first = held(10, 3), again = held(10, 7);
	struct holders holders = { 0 };

	(void)state;
	assert_int_equal(holders_add(&holders, &first, 10), 1);
	assert_int_equal(holders_add(&holders, &again, 10), 0);
	assert_int_equal(holders.count, 1);
	assert_int_equal(holders.named[0].fd, 7);
	holders_clear(&holders);
}

static void they_go(void **state)
{
	struct event a = held(10, 3), b = held(20, 3), c = held(30, 3);
	struct holders holders = { 0 };

	(void)state;
	holders_add(&holders, &a, 10);
	holders_add(&holders, &b, 10);
	holders_add(&holders, &c, 10);
	assert_true(holders_remove(&holders, 20));
	assert_false(holders_remove(&holders, 20));
	assert_int_equal(holders.count, 2);
	assert_int_equal(holders.named[1].tgid, 30);
	assert_true(holders_remove(&holders, 30));
	assert_true(holders_remove(&holders, 10));
	assert_int_equal(holders.count, 0);
	holders_clear(&holders);
}

static void more_than_are_named(void **state)
{
	struct holders holders = { 0 };

	(void)state;
	for (__u32 i = 0; i < HOLDERS_NAMED + 10; i++) {
		struct event event = held(100 + i, 3);

		assert_int_equal(holders_add(&holders, &event, 1), 1);
	}
	assert_int_equal(holders.count, HOLDERS_NAMED);
	assert_int_equal(holders.others, 10);
	assert_true(holders_remove(&holders, 100)); /* a named one: the others are still there */
	assert_int_equal(holders.count, HOLDERS_NAMED - 1);
	assert_int_equal(holders.others, 10);
	assert_true(holders_remove(&holders, 100 + HOLDERS_NAMED + 9));
	assert_int_equal(holders.others, 9);
	holders_clear(&holders);
}

/* A class that changes, or a second sweep, tells of it again. */
static void one_without_a_name_is_counted_once(void **state)
{
	struct holders holders = { 0 };
	struct event again = held(150, 9), late = held(99, 3), unknown = held(7, 3);

	(void)state;
	for (__u32 i = 0; i < HOLDERS_NAMED; i++) {
		struct event event = held(1000 + i, 3);

		holders_add(&holders, &event, 1);
	}
	for (__u32 i = 0; i < 100; i++) {
		struct event event = held(100 + i, 3);

		assert_int_equal(holders_add(&holders, &event, 1), 1);
	}
	assert_int_equal(holders_add(&holders, &again, 1), 0);
	assert_int_equal(holders_add(&holders, &late, 1), 1);
	assert_int_equal(holders.others, 101);
	assert_false(holders_remove(&holders, unknown.tgid));
	assert_int_equal(holders.others, 101);
	assert_true(holders_remove(&holders, 1000)); /* there is room for a name */
	assert_int_equal(holders_add(&holders, &again, 1), 0);
	assert_int_equal(holders.count + holders.others, HOLDERS_NAMED - 1 + 101);
	assert_true(holders_remove(&holders, again.tgid));
	assert_int_equal(holders_add(&holders, &again, 1), 1); /* it came again, and is named */
	assert_int_equal(holders.count, HOLDERS_NAMED);
	holders_clear(&holders);
}

static void a_hash_is_of_who_holds_it(void **state)
{
	struct event moved = held(150, 4), last = held(100 + HOLDERS_NAMED, 3);
	struct holders holders = { 0 };
	__u64 none = holders_hash(&holders), all;

	(void)state;
	for (__u32 i = 0; i <= HOLDERS_NAMED; i++) {
		struct event event = held(100 + i, 3);

		holders_add(&holders, &event, 1);
	}
	all = holders_hash(&holders);
	assert_int_not_equal(all, none);
	holders_remove(&holders, last.tgid); /* one without a name */
	assert_int_not_equal(holders_hash(&holders), all);
	holders_add(&holders, &last, 1);
	assert_int_equal(holders_hash(&holders), all);
	holders_add(&holders, &moved, 1);
	assert_int_not_equal(holders_hash(&holders), all);
	holders_clear(&holders);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_creator_comes_first),
		cmocka_unit_test(reported_twice_is_one),
		cmocka_unit_test(they_go),
		cmocka_unit_test(more_than_are_named),
		cmocka_unit_test(one_without_a_name_is_counted_once),
		cmocka_unit_test(a_hash_is_of_who_holds_it),
	};

	return cmocka_run_group_tests_name("holders", tests, NULL, NULL);
}
