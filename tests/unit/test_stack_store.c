/* SPDX-License-Identifier: BSD-2-Clause */
/* The store of stacks: equal ones are one, and together they have a bound. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdlib.h>
#include <string.h>

#include "stacks/stack_store.h"

#define NAME_BYTES (1024 * 1024)

static struct stack *a_stack(__u64 site, size_t name_bytes)
{
	struct stack *stack = stack_new(1);

	assert_non_null(stack);
	stack->site = site;
	stack->frames[0].pc = site;
	stack->frames[0].function = calloc(1, name_bytes + 1);
	assert_non_null(stack->frames[0].function);
	memset(stack->frames[0].function, 'f', name_bytes);
	return stack;
}

static void equal_ones_are_one(void **state)
{
	struct stack_store *store = stack_store__new();
	struct stack *first = stack_store__intern(store, a_stack(1, 10));
	struct stack *again = stack_store__intern(store, a_stack(1, 10));
	struct stack *other = stack_store__intern(store, a_stack(2, 10));

	(void)state;
	assert_ptr_equal(first, again);
	assert_ptr_not_equal(first, other);
	assert_int_equal(stacks_held(), stack_bytes(first) + stack_bytes(other));
	stack_store__free(store);
	stack_unref(again);
	assert_int_equal(first->site, 1);
	stack_unref(first);
	stack_unref(other);
	assert_int_equal(stacks_held(), 0);
}

/* A program leaks from as many stacks as it likes, and others hold on to them. */
static void together_they_are_bounded(void **state)
{
	struct stack_store *store = stack_store__new();
	struct stack *held[2 * STACK_STORE_BYTES / NAME_BYTES], *stack;
	unsigned int count = 0;

	(void)state;
	while (count < sizeof(held) / sizeof(held[0])) {
		stack = stack_store__intern(store, a_stack(1000 + count, NAME_BYTES));
		if (!stack)
			break;
		held[count++] = stack;
	}
	assert_true(count >= 100 && count <= STACK_STORE_BYTES / NAME_BYTES);
	assert_true(stacks_held() <= STACK_STORE_BYTES);
	/* a known one is no new one */
	stack = stack_store__intern(store, a_stack(1000, 10));
	assert_non_null(stack);
	stack_unref(stack);
	while (count)
		stack_unref(held[--count]);
	/* the last ones are in the store alone, and give way */
	for (count = 0; count < 2 * STACK_STORE_BYTES / NAME_BYTES; count++) {
		stack = stack_store__intern(store, a_stack(count, NAME_BYTES));
		assert_non_null(stack);
		stack_unref(stack);
	}
	assert_true(stacks_held() <= STACK_STORE_BYTES);
	stack_store__free(store);
	assert_int_equal(stacks_held(), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(equal_ones_are_one),
		cmocka_unit_test(together_they_are_bounded),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
