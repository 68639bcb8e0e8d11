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
#include "stacks/site_id.h"

static struct stack *a_stack(__u64 site)
{
	struct stack *stack = stack_new(1);

	stack->site = site;
	stack->source = STACK_FP;
	stack->frames[0].function = strdup("f");
	return stack;
}

/* Valid until the next call. */
static const struct pending *socket_of(__u64 call, __u32 tgid)
{
	static struct pending socket;

	socket = (struct pending){ .call_site = call, .tgid = tgid };
	return &socket;
}

static void a_shorter_stack_gets_the_site(void **state)
{
	struct call_sites *sites = call_sites__new();
	struct stack *whole = a_stack(1), *shorter = a_stack(2), *given, *again;

	(void)state;
	call_sites__learn(sites, socket_of(7, 42), whole);
	given = call_sites__adopt(sites, socket_of(7, 42), stack_ref(shorter));
	assert_ptr_not_equal(given, shorter);
	assert_int_equal(given->site, 1);
	assert_int_equal(given->source, STACK_FP);
	assert_string_equal(given->frames[0].function, "f");
	assert_int_equal(shorter->site, 2);
	again = call_sites__adopt(sites, socket_of(7, 42), stack_ref(shorter));
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
	call_sites__learn(sites, socket_of(7, 42), whole);
	for (int i = 0; i < 64; i++) { /* memory is not given again at once */
		struct stack *shorter = a_stack(2);

		shorter->source = i % 2 ? STACK_FP : STACK_CALL;
		given = call_sites__adopt(sites, socket_of(7, 42), shorter);
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
	call_sites__learn(sites, socket_of(7, 42), whole);
	assert_ptr_equal(call_sites__adopt(sites, socket_of(8, 42), other), other);
	assert_ptr_equal(call_sites__adopt(sites, socket_of(0, 42), other), other);
	assert_null(call_sites__adopt(sites, socket_of(7, 42), NULL));
	stack_unref(other);
	stack_unref(whole);
	call_sites__free(sites);
}

static __u64 adopted_site(struct call_sites *sites, const struct pending *socket)
{
	struct stack *given = call_sites__adopt(sites, socket, a_stack(2));
	__u64 site = given->site;

	stack_unref(given);
	return site;
}

/* One native stack is that of many functions: of one that is known, and then of none. */
static void functions_of_scripts_share_a_call(void **state)
{
	struct call_sites *sites = call_sites__new();
	struct stack *native = a_stack(1), *script = a_stack(3), *other = a_stack(4);

	(void)state;
	script->frames[0].script = other->frames[0].script = SCRIPT_PYTHON;
	call_sites__learn(sites, socket_of(7, 42), native);
	assert_int_equal(adopted_site(sites, socket_of(7, 42)), 1);
	call_sites__learn(sites, socket_of(7, 42), script);
	assert_int_equal(adopted_site(sites, socket_of(7, 42)), 3);
	call_sites__learn(sites, socket_of(7, 42), script);
	assert_int_equal(adopted_site(sites, socket_of(7, 42)), 3);
	call_sites__learn(sites, socket_of(7, 42), other);
	assert_int_equal(adopted_site(sites, socket_of(7, 42)), 1);
	stack_unref(native);
	stack_unref(script);
	stack_unref(other);
	call_sites__free(sites);
}

static struct stack *a_stack_in_python(const char *function)
{
	struct stack *stack = stack_new(function ? 2 : 1);

	stack->source = STACK_SNAPSHOT;
	if (function) {
		stack->frames[0].script = SCRIPT_PYTHON;
		stack->frames[0].module = strdup("[python]");
		stack->frames[0].file = strdup("/srv/mailer.py");
		stack->frames[0].function = strdup(function);
	}
	stack->frames[stack->count - 1].module = strdup("/usr/bin/python3.11");
	stack->frames[stack->count - 1].function = strdup("_PyEval_EvalFrameDefault");
	stack->frames[stack->count - 1].kind = FRAME_OF_INTERPRETER;
	stack->site = site_id(stack);
	return stack;
}

/* Two scripts of one interpreter make the same call. */
static void a_script_gives_no_site_to_another_process(void **state)
{
	struct call_sites *sites = call_sites__new();
	struct stack *native = a_stack_in_python(NULL), *script = a_stack_in_python("Mailer.send");
	struct pending execed = *socket_of(7, 42);

	(void)state;
	execed.exec_id++;
	assert_int_not_equal(native->site, script->site);
	call_sites__learn(sites, socket_of(7, 42), script);
	assert_int_equal(adopted_site(sites, socket_of(7, 42)), script->site);
	assert_int_equal(adopted_site(sites, socket_of(7, 43)), native->site);
	assert_int_equal(adopted_site(sites, &execed), native->site);
	stack_unref(native);
	stack_unref(script);
	call_sites__free(sites);
}

/* Its frames are named again from their addresses, and those of scripts have none. */
static void nor_does_one_that_was_reported_by_a_former_run(void **state)
{
	struct call_sites *sites = call_sites__new();
	struct stack *native = a_stack_in_python(NULL), *script = a_stack_in_python("Mailer.send");
	struct stack *again = a_stack_in_python(NULL);

	(void)state;
	again->site = script->site;
	call_sites__learn(sites, socket_of(7, 42), again);
	assert_int_equal(adopted_site(sites, socket_of(7, 42)), script->site);
	assert_int_equal(adopted_site(sites, socket_of(7, 43)), native->site);
	stack_unref(native);
	stack_unref(script);
	stack_unref(again);
	call_sites__free(sites);
}

static void the_oldest_gives_way(void **state)
{
	struct call_sites *sites = call_sites__new();
	struct stack *whole = a_stack(1), *shorter = a_stack(2), *given;

	(void)state;
	for (__u64 key = 1; key <= 4097; key++)
		call_sites__learn(sites, socket_of(key, 42), whole);
	assert_ptr_equal(call_sites__adopt(sites, socket_of(1, 42), shorter), shorter);
	given = call_sites__adopt(sites, socket_of(4097, 42), shorter);
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
		cmocka_unit_test(a_script_gives_no_site_to_another_process),
		cmocka_unit_test(nor_does_one_that_was_reported_by_a_former_run),
		cmocka_unit_test(the_oldest_gives_way),
	};

	return cmocka_run_group_tests_name("call_sites", tests, NULL, NULL);
}
