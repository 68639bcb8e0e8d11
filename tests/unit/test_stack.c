/* SPDX-License-Identifier: BSD-2-Clause */
/* Stacks: references, the culprit, and site ids that stay what they are. */
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

static void culprit(void **state)
{
	struct stack *stack = two_frames();

	(void)state;
	assert_ptr_equal(stack_culprit(stack), &stack->frames[0]);
	stack->frames[0].kind = FRAME_OF_LIBC;
	assert_ptr_equal(stack_culprit(stack), &stack->frames[1]);
	stack->frames[1].kind = FRAME_OF_RUNTIME; /* all there is */
	assert_ptr_equal(stack_culprit(stack), &stack->frames[1]);
	stack->frames[0].kind = FRAME_OF_RUNTIME;
	stack->frames[1].kind = FRAME_OF_PROGRAM;
	assert_ptr_equal(stack_culprit(stack), &stack->frames[1]);
	stack->frames[0].kind = stack->frames[1].kind = FRAME_OF_LIBC;
	assert_null(stack_culprit(stack));
	assert_null(stack_culprit(NULL));
	stack_unref(stack);
}

/* Java without a perf map: the runtime's own function, and no address, says what it is. */
static void addresses_are_no_culprits(void **state)
{
	struct stack *stack = stack_new(3);

	(void)state;
	assert_non_null(stack);
	stack->frames[0].module = strdup("/usr/lib/jvm/lib/libnio.so");
	stack->frames[0].kind = FRAME_OF_RUNTIME;
	assert_ptr_equal(stack_culprit(stack), &stack->frames[0]);
	stack->frames[1].function = strdup("Client.open");
	assert_ptr_equal(stack_culprit(stack), &stack->frames[1]);
	stack_unref(stack);
}

/* std::make_unique and its like are not who called, what called them is. */
static void callers(void **state)
{
	static const char *const functions[] = { "Socket", "std::make_unique", "grow", "main" };
	struct stack *stack = stack_new(4);

	(void)state;
	assert_non_null(stack);
	for (int i = 0; i < 4; i++) {
		stack->frames[i].module = strdup("/srv/app");
		stack->frames[i].function = strdup(functions[i]);
	}
	assert_ptr_equal(stack_caller(stack), &stack->frames[1]);
	stack->frames[1].kind = FRAME_OF_RUNTIME;
	assert_ptr_equal(stack_caller(stack), &stack->frames[2]);
	stack->frames[1].module[1] = 'x'; /* an interpreter may have run anything */
	assert_null(stack_caller(stack));
	stack->frames[1].module[1] = 's';
	stack->frames[1].kind = FRAME_OF_LIBC; /* a signal */
	assert_null(stack_caller(stack));
	stack->count = 1;
	assert_null(stack_caller(stack));
	assert_null(stack_caller(NULL));
	stack->count = 4;
	stack_unref(stack);
}

/*
 * The value itself, worked out by an independent program from the definition:
 * FNV-1a 64 of "aa01\0" 10 00 00 00 00 00 00 00 "worker\0" 00 20 00 00 00 00 00 00.
 * An id that changes breaks every dashboard, so this number must not.
 */
static void site_is_fixed(void **state)
{
	struct stack *stack = two_frames();

	(void)state;
	assert_true(site_id(stack) == 0x370b1ffb84c783deULL);
	stack_unref(stack);
}

static void site_depends_on_code_only(void **state)
{
	struct stack *a = two_frames(), *b = two_frames();

	(void)state;
	b->frames[0].pc += 0x1000;
	b->frames[0].function = copy("socket");
	b->frames[0].file = copy("socket.c");
	b->frames[0].line = 7;
	set(b, 0, "/elsewhere/libc-2.36.so", "aa01", 0x10);
	set(b, 1, "/opt/worker", NULL, 0x2000); /* without a build id the base name counts */
	assert_true(site_id(a) == site_id(b));

	set(b, 1, "/opt/worker", NULL, 0x2001);
	assert_true(site_id(a) != site_id(b));
	set(b, 1, "/opt/workers", NULL, 0x2000);
	assert_true(site_id(a) != site_id(b));
	set(b, 1, "/opt/worker", "aa01", 0x2000);
	assert_true(site_id(a) != site_id(b));
	stack_unref(a);
	stack_unref(b);
}

static void site_order_counts(void **state)
{
	struct stack *a = two_frames(), *b = stack_new(2);

	(void)state;
	set(b, 1, "/lib/libc.so.6", "aa01", 0x10);
	set(b, 0, "/usr/bin/worker", NULL, 0x2000);
	assert_true(site_id(a) != site_id(b));
	stack_unref(a);
	stack_unref(b);
}

static void site_without_modules(void **state)
{
	struct stack *a = two_frames(), *b = stack_new(3);

	(void)state;
	set(b, 0, "/lib/libc.so.6", "aa01", 0x10);
	set(b, 1, NULL, NULL, 0); /* JIT code */
	set(b, 2, "/usr/bin/worker", NULL, 0x2000);
	assert_true(site_id(a) == site_id(b));
	set(b, 1, FRAME_JIT, NULL, 0); /* with a name: it may come later, or not */
	assert_true(site_id(a) == site_id(b));
	set(b, 1, "/usr/bin/worker", NULL, 0x2000);
	assert_true(site_id(a) != site_id(b));
	b->frames[1].inlined = true; /* only debug information tells */
	assert_true(site_id(a) == site_id(b));
	stack_unref(b);

	b = stack_new(2);
	assert_true(site_id(b) == 0);
	assert_true(site_id(NULL) == 0);
	stack_unref(a);
	stack_unref(b);
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
		cmocka_unit_test(culprit),
		cmocka_unit_test(addresses_are_no_culprits),
		cmocka_unit_test(callers),
		cmocka_unit_test(site_is_fixed),
		cmocka_unit_test(site_depends_on_code_only),
		cmocka_unit_test(site_order_counts),
		cmocka_unit_test(site_without_modules),
		cmocka_unit_test(source_names),
		cmocka_unit_test(growing),
		cmocka_unit_test(copies_are_in_one_piece),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
