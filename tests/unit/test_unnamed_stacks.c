/* SPDX-License-Identifier: BSD-2-Clause */
/* unnamed_stacks: each process has its own stack for one way, and each is listed once. */
#include "leaks_fixture.h"

#include "leaks/unnamed_stacks.h"

#define MAX 4

/* A leak of a process, by a stack object of its own. */
static struct stack *leak_of(struct fixture *fixture, __u64 inode, __u32 tgid, bool has_debug)
{
	struct event event = event_of(fixture, inode, tgid);
	struct stack *stack = stack_new(1);

	stack->site = fixture->stack->site;
	stack->frames[0].has_debug = has_debug;
	assert_int_equal(leaks__apply(fixture->leaks, &event, fixture->owner, stack), 0);
	stack_unref(stack); /* the leak has it */
	return stack;
}

static void unref_all(struct stack **stacks, unsigned int count)
{
	while (count)
		stack_unref(stacks[--count]);
}

static void each_process_has_its_own(void **state)
{
	struct fixture *fixture = *state;
	struct stack *stacks[MAX], *first = leak_of(fixture, 1, 41, false);
	struct stack *second = leak_of(fixture, 2, 42, false);
	struct event event = event_of(fixture, 3, 41);
	unsigned int count;

	assert_int_equal(leaks__apply(fixture->leaks, &event, fixture->owner, first), 0);
	count = site_unnamed_stacks(first_site(fixture), stacks, MAX);
	assert_int_equal(count, 2);
	assert_ptr_equal(stacks[0], first); /* which the site shows */
	assert_ptr_equal(stacks[1], second);
	assert_int_equal(site_leak_of_stack(first_site(fixture), first)->event.socket.inode, 3);
	unref_all(stacks, count);
}

static void what_has_names_is_left_out(void **state)
{
	struct fixture *fixture = *state;
	struct stack *stacks[MAX], *unnamed;
	struct event event = event_of(fixture, 9, 43);
	unsigned int count;

	leak_of(fixture, 1, 41, true);
	unnamed = leak_of(fixture, 2, 42, false);
	count = site_unnamed_stacks(first_site(fixture), stacks, MAX);
	assert_int_equal(count, 1);
	assert_ptr_equal(stacks[0], unnamed);
	unref_all(stacks, count);
	assert_int_equal(leaks__apply(fixture->leaks, &event, fixture->owner, NULL), 0);
	assert_null(site_leak_of_stack(first_site(fixture), fixture->stack));
}

static void no_more_than_are_asked_for(void **state)
{
	struct fixture *fixture = *state;
	struct stack *stacks[MAX];

	for (__u64 inode = 1; inode <= MAX + 3; inode++)
		leak_of(fixture, inode, 42, false);
	assert_int_equal(site_unnamed_stacks(first_site(fixture), stacks, MAX), MAX);
	unref_all(stacks, MAX);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(each_process_has_its_own),
		TEST(what_has_names_is_left_out),
		TEST(no_more_than_are_asked_for),
	};

	return cmocka_run_group_tests_name("unnamed_stacks", tests, NULL, NULL);
}
