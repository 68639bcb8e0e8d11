/* SPDX-License-Identifier: BSD-2-Clause */
/* Stacks: references, growth, copies and what is said of their sources. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdlib.h>
#include <string.h>

#include "stacks/stack.h"

static char *copy(const char *string)
{
	return string ? strdup(string) : NULL;
}

static void set(struct stack *stack, unsigned int i, const char *module, const char *build_id,
		__u64 offset)
{
	struct frame *frame = &stack->frames[i];

	free(frame->module);
	free(frame->build_id);
	frame->module = copy(module);
	frame->build_id = copy(build_id);
	frame->offset = offset;
	frame->pc = 0x7f0000000000 + offset;
}

static struct stack *two_frames(void)
{
	struct stack *stack = stack_new(2);

	assert_non_null(stack);
	set(stack, 0, "/lib/libc.so.6", "aa01", 0x10);
	set(stack, 1, "/usr/bin/worker", NULL, 0x2000);
	return stack;
}

static void references(void **state)
{
	struct stack *stack = two_frames();

	(void)state;
	assert_int_equal(stack->refs, 1);
	assert_ptr_equal(stack_ref(stack), stack);
	assert_int_equal(stack->refs, 2);
	stack_unref(stack);
	assert_int_equal(stack->refs, 1);
	assert_string_equal(stack->frames[0].build_id, "aa01");
	stack_unref(stack); /* ASan tells whether all of it went */
	assert_null(stack_ref(NULL));
	stack_unref(NULL);
	stack = stack_new(0);
	assert_non_null(stack);
	assert_int_equal(stack->count, 0);
	stack_unref(stack);
}

static void source_names(void **state)
{
	(void)state;
	assert_string_equal(stack_source_name(STACK_FP), "fp");
	assert_string_equal(stack_source_name(STACK_SNAPSHOT), "snapshot");
	assert_string_equal(stack_source_name(STACK_CALL), "call");
	assert_null(stack_source_name(STACK_NONE));
}

static void growing(void **state)
{
	struct stack *stack = two_frames();
	unsigned int i;

	(void)state;
	stack->site = 7;
	assert_true(stack_reserve(&stack, 200));
	assert_int_equal(stack->count, 2);
	assert_true(stack->site == 7 && stack->refs == 1);
	assert_string_equal(stack->frames[1].module, "/usr/bin/worker");
	stack->count = 200;
	for (i = 2; i < 200; i++)
		assert_null(stack->frames[i].module);
	stack_unref(stack);
}

/* A copy has its strings with it, those of frames side by side once, and is its own. */
static void copies_are_in_one_piece(void **state)
{
	static const char *const modules[] = { "/usr/lib/libc.so.6", "/usr/bin/worker" };
	struct stack *stack = stack_new(60), *copy, *again;

	(void)state;
	for (unsigned int i = 0; i < 60; i++) {
		set(stack, i, modules[i / 3 % 2], "0123456789abcdef0123", i);
		if (i % 4)
			stack->frames[i].function = strdup(i % 8 == 1 ? "one" : "another");
	}
	stack->package = strdup("libc6 2.36");
	copy = stack_copy(stack);
	assert_non_null(copy);
	assert_true(stack_equal(stack, copy));
	assert_string_equal(copy->package, "libc6 2.36");
	assert_true(copy->refs == 1 && stack_bytes(copy) < stack_bytes(stack) / 2);
	stack_unref(stack);
	again = stack_copy(copy);
	assert_true(stack_equal(again, copy) && stack_bytes(again) == stack_bytes(copy));
	stack_unref(copy);
	assert_string_equal(again->frames[59].module, modules[59 / 3 % 2]);
	assert_null(again->frames[56].function);
	stack_unref(again);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(references),
		cmocka_unit_test(source_names),
		cmocka_unit_test(growing),
		cmocka_unit_test(copies_are_in_one_piece),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
