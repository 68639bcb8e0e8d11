/* SPDX-License-Identifier: BSD-2-Clause */
/* doubt: a class that rests on silence is doubted while the kernel leaves hooks out. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "leaks/doubt.h"

static struct event made(__u64 since_ns, enum leak_class cls)
{
	return (struct event){ .kind = EVENT_LEAK,
			       .class = (__u8)cls,
			       .socket.since_ns = since_ns };
}

static bool doubts(const struct doubt *doubt, __u64 since_ns, enum leak_class cls)
{
	struct event event = made(since_ns, cls);

	return doubt_has(doubt, &event);
}

static void none_without_skips(void **state)
{
	struct doubt doubt = { 0 };

	(void)state;
	doubt_note(&doubt, 0, 100);
	assert_false(doubts(&doubt, 50, CLASS_NEVER_USED));
}

static void of_sockets_of_that_time(void **state)
{
	struct doubt doubt = { 0 };

	(void)state;
	doubt_note(&doubt, 3, 100);
	assert_true(doubts(&doubt, 50, CLASS_NEVER_USED));
	assert_true(doubts(&doubt, 100, CLASS_NEVER_USED));
	assert_false(doubts(&doubt, 101, CLASS_NEVER_USED));
	doubt_note(&doubt, 3, 200); /* no more of them since */
	assert_false(doubts(&doubt, 101, CLASS_NEVER_USED));
	doubt_note(&doubt, 4, 300);
	assert_true(doubts(&doubt, 101, CLASS_NEVER_USED));
}

/* Those rest on what was seen. */
static void of_no_other_class(void **state)
{
	struct doubt doubt = { 0 };

	(void)state;
	doubt_note(&doubt, 1, 100);
	for (int cls = CLASS_NONE; cls < CLASS_COUNT; cls++)
		assert_int_equal(doubts(&doubt, 50, (enum leak_class)cls), cls == CLASS_NEVER_USED);
}

/* Hooks of another kind were loaded: they begin to count anew. */
static void counts_may_begin_anew(void **state)
{
	struct doubt doubt = { 0 };

	(void)state;
	doubt_note(&doubt, 5, 100);
	doubt_note(&doubt, 0, 200);
	assert_false(doubts(&doubt, 150, CLASS_NEVER_USED));
	doubt_note(&doubt, 1, 300);
	assert_true(doubts(&doubt, 150, CLASS_NEVER_USED));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(none_without_skips),
		cmocka_unit_test(of_sockets_of_that_time),
		cmocka_unit_test(of_no_other_class),
		cmocka_unit_test(counts_may_begin_anew),
	};

	return cmocka_run_group_tests_name("doubt", tests, NULL, NULL);
}
