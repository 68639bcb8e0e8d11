/* SPDX-License-Identifier: BSD-2-Clause */
/* postponed: events are taken in their order, and a socket with one is known. */
#define _GNU_SOURCE 1
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <errno.h>

#include "watch/postponed.h"

static struct postponed *postponed;

static int begin(void **state)
{
	(void)state;
	postponed = postponed__new();
	return postponed ? 0 : -1;
}

static int end(void **state)
{
	(void)state;
	postponed__free(postponed);
	postponed__free(NULL);
	return 0;
}

static int add(__u64 inode, __u32 kind)
{
	const struct event event = { .kind = kind, .socket.inode = inode };

	return postponed__add(postponed, &event);
}

static void the_order_stays(void **state)
{
	unsigned int times = 7;

	(void)state;
	assert_null(postponed__first(postponed, &times));
	for (__u64 inode = 1; inode <= 3; inode++)
		assert_int_equal(add(inode, EVENT_SUSPECT), 0);
	assert_int_equal(add(2, EVENT_ENDED), 0);
	for (__u64 i = 0; i < 3; i++) {
		assert_int_equal(postponed__first(postponed, &times)->socket.inode, i + 1);
		assert_int_equal(times, 0);
		assert_int_equal(postponed__first(postponed, &times)->socket.inode, i + 1);
		assert_int_equal(times, 1);
		postponed__drop_first(postponed);
	}
	assert_int_equal(postponed__first(postponed, &times)->kind, EVENT_ENDED);
	assert_int_equal(postponed__count(postponed), 1);
	postponed__drop_first(postponed);
	assert_int_equal(postponed__count(postponed), 0);
	assert_int_equal(add(9, EVENT_SUSPECT), 0); /* behind what was the last one */
	assert_int_equal(postponed__first(postponed, &times)->socket.inode, 9);
}

/* As long as one of its events waits; one of a like inode may be taken for it. */
static void a_socket_is_known(void **state)
{
	(void)state;
	assert_false(postponed__has(postponed, 5));
	add(5, EVENT_SUSPECT);
	add(5 + 65536, EVENT_SUSPECT);
	add(5, EVENT_ENDED);
	assert_true(postponed__has(postponed, 5));
	assert_false(postponed__has(postponed, 6));
	assert_true(postponed__has(postponed, 5 + 2 * 65536));
	postponed__drop_first(postponed);
	assert_true(postponed__has(postponed, 5));
	postponed__drop_first(postponed);
	postponed__drop_first(postponed);
	assert_false(postponed__has(postponed, 5));
}

static void they_are_limited(void **state)
{
	(void)state;
	assert_int_equal(postponed__room(postponed), POSTPONED_LEAKS);
	for (__u64 inode = 0; inode < POSTPONED_MAX; inode++) {
		assert_int_equal(add(inode, EVENT_SUSPECT), 0);
		if (inode == 0 || inode + 2 == POSTPONED_LEAKS)
			assert_int_equal(postponed__room(postponed), POSTPONED_LEAKS - inode - 1);
	}
	assert_int_equal(postponed__room(postponed), 0);
	assert_int_equal(add(0, EVENT_ENDED), -ENOBUFS);
	postponed__drop_first(postponed);
	assert_int_equal(add(0, EVENT_ENDED), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(the_order_stays, begin, end),
		cmocka_unit_test_setup_teardown(a_socket_is_known, begin, end),
		cmocka_unit_test_setup_teardown(they_are_limited, begin, end),
	};

	return cmocka_run_group_tests_name("postponed", tests, NULL, NULL);
}
