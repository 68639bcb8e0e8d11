/* SPDX-License-Identifier: BSD-2-Clause */
/* known_stacks: found by their addresses, and by the names that functions of scripts have now. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "stacks/known_stacks.h"

static const __u64 pcs[] = { 0x1000, 0x2000 };

static struct stack_key key_of(__u64 caller, __u64 names)
{
	return (struct stack_key){ pcs, 2, caller, STACK_SNAPSHOT, names };
}

static struct stack *add(struct known_stacks *known, __u64 caller, __u64 names)
{
	struct stack_key key = key_of(caller, names);
	struct stack *stack = stack_new(2);

	stack->source = STACK_SNAPSHOT;
	known_stacks_add(known, &key, stack);
	stack_unref(stack); /* they have a reference */
	return stack;
}

static void expect(const struct known_stacks *known, __u64 caller, __u64 names,
		   const struct stack *stack)
{
	struct stack_key key = key_of(caller, names);

	assert_ptr_equal(known_stacks_find(known, &key, STACK_END_UNKNOWN), stack);
}

static void code_with_another_name_is_another(void **state)
{
	struct known_stacks known = { 0 };
	struct stack *before = add(&known, 7, 70), *now;

	(void)state;
	expect(&known, 7, 70, before);
	expect(&known, 7, 71, NULL);
	now = add(&known, 7, 71);
	expect(&known, 7, 71, now);
	expect(&known, 7, 70, before);
	known_stacks_clear(&known);
}

static void addresses_tell_after_the_end_if_their_names_stayed(void **state)
{
	struct known_stacks known = { 0 };
	struct stack *stack = add(&known, 7, 70);

	(void)state;
	expect(&known, 7, 0, stack);
	expect(&known, 8, 0, NULL);
	add(&known, 8, 70);
	expect(&known, 7, 0, stack);
	add(&known, 7, 71); /* the code was freed, and other code came there */
	expect(&known, 7, 0, NULL);
	known_stacks_clear(&known);
}

static void without_scripts_addresses_tell(void **state)
{
	struct known_stacks known = { 0 };
	struct stack *stack = add(&known, 0, 0);

	(void)state;
	expect(&known, 0, 0, stack);
	expect(&known, 0, 70, NULL);
	known_stacks_clear(&known);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(code_with_another_name_is_another),
		cmocka_unit_test(addresses_tell_after_the_end_if_their_names_stayed),
		cmocka_unit_test(without_scripts_addresses_tell),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
