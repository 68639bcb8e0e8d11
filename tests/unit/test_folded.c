/* SPDX-License-Identifier: BSD-2-Clause */
/* folded: the lines that flamegraph.pl reads. */
#include "leaks_fixture.h"
#include "profile_fixture.h"

#include "report/pprof/folded.h"

static void expect_folded(struct fixture *fixture, const char *lines)
{
	struct summary summary = { .now_ns = fixture->now_ns };
	_cleanup_text_ struct text out = TEXT_INIT;

	assert_int_equal(folded_add(&out, fixture->leaks, &summary), 0);
	assert_string_equal(text_str(&out), lines);
}

static void apply_with(struct fixture *fixture, __u64 inode, const char *comm, struct stack *stack)
{
	struct event event = event_of(fixture, inode, 42);

	memset(event.comm, 0, sizeof(event.comm));
	memcpy(event.comm, comm, strlen(comm));
	assert_int_equal(leaks__apply(fixture->leaks, &event, fixture->owner, stack), 0);
}

static void a_line_is_a_stack_the_outermost_first(void **state)
{
	struct fixture *fixture = *state;
	struct stack *stack = three_frames("open_it");

	expect_folded(fixture, "");
	apply_with(fixture, 1, "app", stack);
	apply_with(fixture, 2, "app", stack);
	apply_with(fixture, 3, "other", stack);
	expect_folded(fixture, "app;main;open_it 2\nother;main;open_it 1\n");
	stack_unref(stack);
}

/* ';' separates frames, and a line ends with the line. Blanks are a part of names. */
static void names_cannot_forge_frames(void **state)
{
	struct fixture *fixture = *state;
	struct stack *stack = three_frames("std::f(int, char)::{lambda;x} 7\n");

	apply_with(fixture, 1, "a;b c\n", stack);
	expect_folded(fixture, "a:b c\\x0a;main;std::f(int, char)::{lambda:x} 7\\x0a 1\n");
	stack_unref(stack);
}

static void a_comm_may_fill_its_field_or_be_empty(void **state)
{
	struct fixture *fixture = *state;
	struct stack *stack = three_frames("f");

	apply_with(fixture, 1, "0123456789abcdef", stack);
	apply_with(fixture, 2, "", stack);
	expect_folded(fixture, "0123456789abcdef;main;f 1\n?;main;f 1\n");
	stack_unref(stack);
}

static void without_a_stack_there_is_a_frame_that_says_so(void **state)
{
	struct fixture *fixture = *state;

	apply_with(fixture, 1, "app", NULL);
	expect_folded(fixture, "app;[no stack] 1\n");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(a_line_is_a_stack_the_outermost_first),
		TEST(names_cannot_forge_frames),
		TEST(a_comm_may_fill_its_field_or_be_empty),
		TEST(without_a_stack_there_is_a_frame_that_says_so),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
