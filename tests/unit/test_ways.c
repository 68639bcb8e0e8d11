/* SPDX-License-Identifier: BSD-2-Clause */
/* ways: one leak by many stacks: each counted, the most frequent first, the rest as a number. */
#include "leaks_fixture.h"

#include "leaks/ways.h"
#include "stacks/site_id.h"

static struct stack *caller_at(__u64 offset)
{
	struct stack *stack = stack_new(2);

	stack->site = 0x1234;
	stack->source = STACK_SNAPSHOT;
	stack->frames[0].module = strdup("/usr/bin/worker");
	stack->frames[0].function = strdup("mk");
	stack->frames[1].module = strdup("/usr/bin/worker");
	stack->frames[1].offset = offset;
	return stack;
}

/* So many sockets by one way, each with a stack of its own, as JIT code has. */
static void leak_by(struct fixture *fixture, __u64 offset, unsigned int count)
{
	static __u64 inode = 100;

	for (unsigned int i = 0; i < count; i++) {
		struct event event = event_of(fixture, ++inode, 42);

		stack_unref(fixture->stack);
		fixture->stack = caller_at(offset);
		apply(fixture, &event);
	}
}

static void the_most_frequent_come_first(void **state)
{
	struct fixture *fixture = *state;
	struct ways ways;

	leak_by(fixture, 0x10, 2);
	leak_by(fixture, 0x20, 5);
	leak_by(fixture, 0x30, 1);
	assert_int_equal(first_site(fixture)->open, 8);
	assert_int_equal(ways_find(first_site(fixture), 10, &ways), 0);
	assert_int_equal(ways.count, 3);
	assert_int_equal(ways.list[0].open, 5);
	assert_int_equal(ways.list[0].stack->frames[1].offset, 0x20);
	assert_int_equal(ways.list[1].open, 2);
	assert_int_equal(ways.list[2].open, 1);
	assert_int_equal(ways.more + ways.more_open, 0);
	ways_clear(&ways);
}

/* Most are known by their call alone, which is the innermost frame of a whole stack. */
static void a_call_alone_is_no_way_of_its_own(void **state)
{
	struct fixture *fixture = *state;
	struct ways ways;

	leak_by(fixture, 0x10, 2);
	leak_by(fixture, 0x20, 5);
	for (struct leak *leak = first_site(fixture)->leaks; leak; leak = leak->next) {
		if (leak->stack->frames[1].offset != 0x20)
			continue;
		leak->stack->count = 1;
		leak->stack->source = STACK_CALL;
		leak->stack->truncated = true;
		leak->stack->way = 0;
	}
	assert_int_equal(ways_find(first_site(fixture), 10, &ways), 0);
	assert_int_equal(ways.count, 2);
	assert_int_equal(ways.distinct, 1);
	assert_int_equal(ways.list[0].open, 2);
	assert_false(ways.list[0].may_be_another);
	assert_int_equal(ways.list[1].open, 5);
	assert_true(ways.list[1].may_be_another);
	ways_clear(&ways);
	for (struct leak *leak = first_site(fixture)->leaks; leak; leak = leak->next)
		leak->stack->count = 2; /* to be freed */
}

/* Code in no file that has no name: what is known of it is its address. */
static void unnamed_code_is_known_by_its_address(void **state)
{
	struct frame a = { .pc = 0x1000 }, b = { .pc = 0x2000 };

	(void)state;
	assert_false(frame_same_code(&a, &b));
	a.offset = b.offset = 0x10; /* in a file, wherever that is mapped */
	assert_true(frame_same_code(&a, &b));
}

/* caller_at() with a function of a script in between. */
static struct stack *script_at(__u64 offset)
{
	struct stack *native = caller_at(offset), *stack = stack_new(3);

	stack->site = native->site;
	stack->source = native->source;
	assert_true(frame_copy(&stack->frames[0], &native->frames[0]));
	stack->frames[1].script = SCRIPT_RUBY;
	stack->frames[1].module = strdup("[ruby]");
	stack->frames[1].function = strdup("send_message");
	assert_true(frame_copy(&stack->frames[2], &native->frames[1]));
	stack_unref(native);
	return stack;
}

/* The first sockets of an interpreter are from before it was looked at: their stack is native. */
static void a_stack_without_its_script_is_no_way_of_its_own(void **state)
{
	struct fixture *fixture = *state;
	struct event event;
	struct ways ways;

	leak_by(fixture, 0x10, 3);
	leak_by(fixture, 0x20, 2);
	event = event_of(fixture, 7, 42);
	stack_unref(fixture->stack);
	fixture->stack = script_at(0x10);
	apply(fixture, &event);
	assert_int_equal(ways_find(first_site(fixture), 10, &ways), 0);
	assert_int_equal(ways.count, 3);
	assert_int_equal(ways.distinct, 2);
	assert_int_equal(ways.list[0].stack->frames[1].offset, 0x20);
	assert_false(ways.list[0].may_be_another);
	assert_int_equal(ways.list[1].stack->count, 3);
	assert_false(ways.list[1].may_be_another);
	assert_int_equal(ways.list[2].open, 3);
	assert_true(ways.list[2].may_be_another);
	ways_clear(&ways);
}

static void what_has_no_room_is_counted(void **state)
{
	struct fixture *fixture = *state;
	struct ways ways;

	for (__u64 way = 1; way <= 9; way++)
		leak_by(fixture, way * 0x10, (unsigned int)way);
	assert_int_equal(ways_find(first_site(fixture), 2, &ways), 0);
	assert_int_equal(ways.count, 2);
	assert_int_equal(ways.list[0].open, 9);
	assert_int_equal(ways.list[1].open, 8);
	assert_int_equal(ways.more, 7);
	assert_int_equal(ways.more_open, 28);
	ways_clear(&ways);
	assert_int_equal(ways.count + ways.more, 0);
}

/* The growth of each way alone would be none. */
static void a_leak_by_many_ways_leaks(void **state)
{
	struct fixture *fixture = *state;
	struct site *const *sites;

	for (__u64 way = 1; way <= 5; way++) {
		leak_by(fixture, way * 0x10, 1);
		tick(fixture);
	}
	assert_int_equal(leaks__sites(fixture->leaks, &sites), 1);
	assert_int_equal(sites[0]->open, 5);
	assert_true(sites[0]->leaking);
}

static void what_is_held_back_or_has_no_stack_is_of_no_way(void **state)
{
	struct fixture *fixture = *state;
	struct event event;
	struct ways ways;

	leak_by(fixture, 0x10, 1);
	event = event_of(fixture, 7, 43);
	event.maybe_in_use = 1;
	apply(fixture, &event);
	assert_int_equal(first_site(fixture)->held_back, 1);
	assert_int_equal(ways_find(first_site(fixture), 3, &ways), 0);
	assert_int_equal(ways.count, 1);
	assert_int_equal(ways.list[0].open, 1);
	ways_clear(&ways);
}

/* Symbols have come: the function is another one by its name, and so is the site. */
static void a_stack_that_gets_names_takes_its_leaks_along(void **state)
{
	struct fixture *fixture = *state;
	struct stack *renamed = caller_at(0x10), *old;
	struct site *const *sites;
	struct event event;
	struct site *site;

	for (__u64 inode = 1; inode <= 4; inode++) {
		event = event_of(fixture, inode, 42);
		apply(fixture, &event);
		tick(fixture);
	}
	leak_by(fixture, 0x20, 1); /* of another stack: it stays */
	assert_int_equal(leaks__sites(fixture->leaks, &sites), 1);
	site = sites[0];
	old = stack_ref(site->leaks->next->stack);
	renamed->site = 0x5678;
	n_announced = 0;
	leaks__rename(fixture->leaks, site, old, renamed);
	assert_int_equal(n_announced, 4);
	assert_int_equal(announced[0].change, LEAKS_MOVED);
	assert_int_equal(announced[0].inode, 1); /* the oldest first, or it would not have grown */
	tick(fixture);
	assert_int_equal(leaks__sites(fixture->leaks, &sites), 2);
	assert_int_equal(sites[0]->id, 0x5678);
	assert_int_equal(sites[0]->open, 4);
	assert_true(sites[0]->leaking);
	assert_ptr_equal(sites[0]->stack, renamed);
	assert_int_equal(sites[1]->open, 1);
	/* Only better names: nothing moves. */
	stack_unref(old);
	old = stack_ref(sites[0]->leaks->stack);
	stack_unref(renamed);
	renamed = caller_at(0x10);
	renamed->site = 0x5678;
	n_announced = 0;
	leaks__rename(fixture->leaks, sites[0], old, renamed);
	assert_int_equal(n_announced, 0);
	assert_ptr_equal(sites[0]->stack, renamed);
	assert_ptr_equal(sites[0]->leaks->stack, renamed);
	stack_unref(old);
	stack_unref(renamed);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(the_most_frequent_come_first),
		TEST(a_call_alone_is_no_way_of_its_own),
		TEST(unnamed_code_is_known_by_its_address),
		TEST(a_stack_without_its_script_is_no_way_of_its_own),
		TEST(what_has_no_room_is_counted),
		TEST(a_leak_by_many_ways_leaks),
		TEST(what_is_held_back_or_has_no_stack_is_of_no_way),
		TEST(a_stack_that_gets_names_takes_its_leaks_along),
	};

	return cmocka_run_group_tests_name("ways", tests, NULL, NULL);
}
