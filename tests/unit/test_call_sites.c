/* SPDX-License-Identifier: BSD-2-Clause */
/* call_sites: shorter stacks of a call get the site of the whole one. */
#include <stdarg.h>
#include <setjmp.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "stacks/call_sites.h"

static struct stack *a_stack(__u64 site)
{
	struct stack *stack = stack_new(1);

	stack->site = site;
	stack->source = STACK_FP;
	stack->frames[0].function = strdup("f");
	return stack;
}

static void a_shorter_stack_gets_the_site(void **state)
{
	struct call_sites *sites = call_sites__new();
	struct stack *whole = a_stack(1), *shorter = a_stack(2), *given, *again;

	(void)state;
	call_sites__learn(sites, 7, whole);
	given = call_sites__adopt(sites, 7, stack_ref(shorter));
	assert_ptr_not_equal(given, shorter);
	assert_int_equal(given->site, 1);
	assert_int_equal(given->source, STACK_FP);
	assert_string_equal(given->frames[0].function, "f");
	assert_int_equal(shorter->site, 2);
	again = call_sites__adopt(sites, 7, stack_ref(shorter));
	assert_ptr_equal(again, given);
	stack_unref(given);
	stack_unref(again);
	stack_unref(shorter);
	stack_unref(whole);
	call_sites__free(sites);
}

/* The call of one socket, and what frame pointers gave of the next, in the memory of the former. */
static void each_shorter_stack_keeps_its_frames(void **state)
{
	struct call_sites *sites = call_sites__new();
	struct stack *whole = a_stack(1), *given;

	(void)state;
	call_sites__learn(sites, 7, whole);
	for (int i = 0; i < 64; i++) { /* memory is not given again at once */
		struct stack *shorter = a_stack(2);

		shorter->source = i % 2 ? STACK_FP : STACK_CALL;
		given = call_sites__adopt(sites, 7, shorter);
		assert_int_equal(given->site, 1);
		assert_int_equal(given->source, i % 2 ? STACK_FP : STACK_CALL);
		stack_unref(given);
	}
	stack_unref(whole);
	call_sites__free(sites);
}

static void other_calls_keep_their_own(void **state)
{
	struct call_sites *sites = call_sites__new();
	struct stack *whole = a_stack(1), *other = a_stack(2);

	(void)state;
	call_sites__learn(sites, 7, whole);
	assert_ptr_equal(call_sites__adopt(sites, 8, other), other);
	assert_ptr_equal(call_sites__adopt(sites, 0, other), other);
	assert_null(call_sites__adopt(sites, 7, NULL));
	stack_unref(other);
	stack_unref(whole);
	call_sites__free(sites);
}

static __u64 adopted_site(struct call_sites *sites, struct stack *shorter)
{
	struct stack *given = call_sites__adopt(sites, 7, stack_ref(shorter));
	__u64 site = given->site;

	stack_unref(given);
	return site;
}

/* One native stack is that of many functions: of one that is known, and then of none. */
static void functions_of_scripts_share_a_call(void **state)
{
	struct call_sites *sites = call_sites__new();
	struct stack *native = a_stack(1), *script = a_stack(3), *other = a_stack(4);
	struct stack *shorter = a_stack(2);

	(void)state;
	script->frames[0].script = other->frames[0].script = SCRIPT_PYTHON;
	call_sites__learn(sites, 7, native);
	assert_int_equal(adopted_site(sites, shorter), 1);
	call_sites__learn(sites, 7, script);
	assert_int_equal(adopted_site(sites, shorter), 3);
	call_sites__learn(sites, 7, script);
	assert_int_equal(adopted_site(sites, shorter), 3);
	call_sites__learn(sites, 7, other);
	assert_int_equal(adopted_site(sites, shorter), 2);
	stack_unref(native);
	stack_unref(script);
	stack_unref(other);
	stack_unref(shorter);
	call_sites__free(sites);
}

static void the_oldest_gives_way(void **state)
{
	struct call_sites *sites = call_sites__new();
	struct stack *whole = a_stack(1), *shorter = a_stack(2), *given;

	(void)state;
	for (__u64 key = 1; key <= 4097; key++)
		call_sites__learn(sites, key, whole);
	assert_ptr_equal(call_sites__adopt(sites, 1, shorter), shorter);
	given = call_sites__adopt(sites, 4097, shorter);
	assert_int_equal(given->site, 1);
	stack_unref(given);
	stack_unref(whole);
	call_sites__free(sites);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_shorter_stack_gets_the_site),
		cmocka_unit_test(each_shorter_stack_keeps_its_frames),
		cmocka_unit_test(other_calls_keep_their_own),
		cmocka_unit_test(functions_of_scripts_share_a_call),
		cmocka_unit_test(the_oldest_gives_way),
	};

	return cmocka_run_group_tests_name("call_sites", tests, NULL, NULL);
}
