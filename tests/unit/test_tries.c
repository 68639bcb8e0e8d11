/* SPDX-License-Identifier: BSD-2-Clause */
/* tries: where calls on the sockets of a site failed, and what of their stacks is their own. */
#include "leaks_fixture.h"

#include "leaks/tries.h"

static const char *const outer[] = { "request", "main" };

/* Two functions of their own, within request() and main(). */
static struct stack *stack_in(const char *call, const char *function, __u64 request_pc)
{
	const char *const names[] = { call, function, outer[0], outer[1] };
	struct stack *stack = stack_new(4);

	stack->source = STACK_SNAPSHOT;
	stack->site = 0x1234;
	for (unsigned int i = 0; i < 4; i++) {
		stack->frames[i].function = strdup(names[i]);
		stack->frames[i].module = strdup("/usr/bin/worker");
		stack->frames[i].pc = i == 2 ? request_pc : 0x100 * (__u64)names[i][0];
		stack->frames[i].offset = stack->frames[i].pc;
	}
	return stack;
}

static __u64 next_inode = 100;

static struct event leak_tried(struct fixture *fixture, __u32 call, const char *function)
{
	struct event event = event_of(fixture, ++next_inode, 42);
	struct tried tried = { function ? stack_in("call", function, 0x20) : NULL, call };

	assert_int_equal(
		leaks__apply_tried(fixture->leaks, &event, fixture->owner, fixture->stack, &tried),
		0);
	stack_unref(tried.stack);
	return event;
}

static void those_of_a_site_are_counted(void **state)
{
	struct fixture *fixture = *state;
	struct tries tries;

	leak_tried(fixture, CALL_BIND, "open_port");
	leak_tried(fixture, CALL_CONNECT, "open_session");
	leak_tried(fixture, CALL_CONNECT, NULL);
	leak_tried(fixture, CALL_CONNECT, "open_session");
	tries = tries_find(first_site(fixture));
	assert_int_equal(tries.count, 2);
	assert_int_equal(tries.list[0].tried.call, CALL_CONNECT);
	assert_int_equal(tries.list[0].open, 2);
	assert_ptr_equal(tries.list[0].made, fixture->stack);
	assert_int_equal(tries.list[1].tried.call, CALL_BIND);
	assert_int_equal(tries.list[1].open, 1);
	assert_int_equal(tries.more_open, 0);
}

static void what_has_no_room_is_counted(void **state)
{
	static const char *const functions[] = { "a", "b", "c", "d", "e" };
	struct fixture *fixture = *state;
	struct tries tries;

	for (unsigned int i = 0; i < 5; i++)
		leak_tried(fixture, CALL_CONNECT, functions[i]);
	tries = tries_find(first_site(fixture));
	assert_int_equal(tries.count, TRIES_SHOWN);
	assert_int_equal(tries.more_open, 5 - TRIES_SHOWN);
}

/* It comes when the class has changed, and stays when that changes again without one. */
static void a_later_one_takes_its_place(void **state)
{
	struct fixture *fixture = *state;
	struct event event = leak_tried(fixture, CALL_CONNECT, NULL);
	struct tried tried = { stack_in("call", "late", 0x20), CALL_BIND };
	struct tries tries;

	assert_int_equal(tries_find(first_site(fixture)).count, 0);
	event.kind = EVENT_CHANGED;
	assert_int_equal(leaks__apply_tried(fixture->leaks, &event, NULL, NULL, &tried), 0);
	assert_int_equal(leaks__apply(fixture->leaks, &event, NULL, NULL), 0);
	tries = tries_find(first_site(fixture));
	assert_int_equal(tries.count, 1);
	assert_string_equal(tries.list[0].tried.stack->frames[1].function, "late");
	assert_int_equal(tried.stack->refs, 2);
	end(fixture, event, END_CLOSED);
	assert_int_equal(tried.stack->refs, 1);
	stack_unref(tried.stack);
}

static void the_frames_apart_end_where_both_meet(void **state)
{
	struct stack *tried = stack_in("connect", "try", 0x20);
	struct stack *made = stack_in("socket", "open", 0x10);
	struct stack *same = stack_in("socket", "open", 0x20);

	(void)state;
	assert_int_equal(tries_frames_apart(tried, made), 3); /* request() called both */
	assert_int_equal(tries_frames_apart(tried, same), 2);
	assert_int_equal(tries_frames_apart(tried, tried), 0);
	assert_int_equal(tries_frames_apart(tried, NULL), 4);
	made->frames[3].pc++; /* another main() */
	assert_int_equal(tries_frames_apart(tried, made), 4);
	stack_unref(tried);
	stack_unref(made);
	stack_unref(same);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(those_of_a_site_are_counted),
		TEST(what_has_no_room_is_counted),
		TEST(a_later_one_takes_its_place),
		TEST(the_frames_apart_end_where_both_meet),
	};

	return cmocka_run_group_tests_name("tries", tests, NULL, NULL);
}
