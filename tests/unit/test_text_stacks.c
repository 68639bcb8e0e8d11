/* SPDX-License-Identifier: BSD-2-Clause */
/* text_stacks: the frames of a stack in the report, and why it has no more. */
#include "report_fixture.h"

/* Why a stack goes on where its last frame stands; never a reason that is not known. */
static void the_end_of_a_stack_is_reported(void **state)
{
	static const struct {
		enum stack_source source;
		__u16 flags;
		enum stack_end end;
		const char *told;
	} cases[] = {
		{ STACK_SNAPSHOT, PENDING_SNAPSHOT, STACK_END_COPY,
		  "the copy of the stack ended here" },
		{ STACK_SNAPSHOT, PENDING_SNAPSHOT, STACK_END_JIT,
		  "unknown, this code was made at run time" },
		{ STACK_CALL, PENDING_SAMPLED_OUT, STACK_END_NOT_KEPT,
		  "not kept, because this call had never leaked" },
		{ STACK_CALL, PENDING_SNAPSHOT, STACK_END_NOT_KEPT,
		  "unknown: the process exited or called exec first" },
		{ STACK_CALL, 0, STACK_END_NOT_KEPT, "not kept\n" },
		{ STACK_FP, PENDING_STACK, STACK_END_RULES, "unknown, this code has neither" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct leaks *leaks = leaks__new(~0U, SECOND, ignore, NULL);
		struct owner *owner = owner_new(NULL, NULL, NULL);
		struct event event = a_event(1, "ruby");
		struct stack *stack = a_stack("leak");
		struct text expected = TEXT_INIT;
		struct summary summary = { 0 };
		char *report;

		stack->source = cases[i].source;
		stack_set_end(stack, cases[i].end);
		event.socket.flags = cases[i].flags;
		assert_int_equal(leaks__apply(leaks, &event, owner, stack), 0);
		leaks__tick(leaks, NOW);
		report = report_of(leaks, &summary);
		text_addf(&expected, "  ... and further out: %s", cases[i].told);
		assert_non_null(strstr(report, text_str(&expected)));
		text_free(&expected);
		free(report);
		stack_unref(stack);
		owner_unref(owner);
	}
}

/* A call that was given the site of a whole stack, reported before that one or after it. */
static void the_whole_stack_of_a_site_is_shown(void **state)
{
	(void)state;
	for (__u64 first = 1; first <= 2; first++) {
		struct leaks *leaks = leaks__new(~0U, SECOND, ignore, NULL);
		struct owner *owner = owner_new(NULL, NULL, NULL);
		struct summary summary = { 0 };
		char *report;

		for (__u64 inode = 1; inode <= 2; inode++) {
			struct event event = a_event(inode, "ruby");
			struct stack *stack = inode == first ? stack_new(1) : a_stack(NULL);

			stack->source = inode == first ? STACK_CALL : STACK_SNAPSHOT;
			stack->site = 0xabcdef;
			assert_int_equal(leaks__apply(leaks, &event, owner, stack), 0);
			stack_unref(stack);
		}
		leaks__tick(leaks, NOW);
		report = report_of(leaks, &summary);
		assert_non_null(strstr(report, "stack by snapshot:\n  #0"));
		free(report);
		owner_unref(owner);
	}
}

/* From before the interpreter was looked at: the same native functions, and no way of its own. */
static void a_stack_without_its_script_takes_one_line(void **state)
{
	struct leaks *leaks = leaks__new(~0U, SECOND, ignore, NULL);
	struct owner *owner = owner_new(NULL, NULL, NULL);
	struct summary summary = { 0 };
	char *report;

	(void)state;
	for (__u64 inode = 1; inode <= 2; inode++) {
		struct event event = a_event(inode, "ruby");
		struct stack *stack = a_stack("rb_vm_exec");

		if (inode == 2) {
			assert_true(stack_reserve(&stack, 3));
			stack->count = 3;
			stack->frames[2].script = SCRIPT_RUBY;
			stack->frames[2].module = strdup("[ruby]");
			stack->frames[2].function = strdup("send_message");
		}
		assert_int_equal(leaks__apply(leaks, &event, owner, stack), 0);
		stack_unref(stack);
	}
	leaks__tick(leaks, NOW);
	report = report_of(leaks, &summary);
	assert_non_null(strstr(report, "):\n 1 of 2"));
	assert_non_null(strstr(report, "\n 1 of 2 by the same native functions; those of"));
	free(report);
	owner_unref(owner);
}

/* socket(), `times` frames of one place, main(). */
static char *report_on_recursion(unsigned int times)
{
	struct leaks *leaks = leaks__new(~0U, SECOND, ignore, NULL);
	struct owner *owner = owner_new(NULL, NULL, NULL);
	struct stack *stack = stack_new(2 + times);
	struct event event = a_event(1, "ruby");
	struct summary summary = { 0 };
	char *report;

	stack->source = STACK_SNAPSHOT;
	stack->site = 1;
	for (unsigned int i = 0; i < stack->count; i++) {
		stack->frames[i].pc = i > 0 && i <= times ? 7 : 1000 + i;
		stack->frames[i].function = strdup(i ? i <= times ? "walk" : "main" : "socket");
	}
	assert_int_equal(leaks__apply(leaks, &event, owner, stack), 0);
	leaks__tick(leaks, NOW);
	report = report_of(leaks, &summary);
	stack_unref(stack);
	owner_unref(owner);
	return report;
}

static void a_recursion_is_shown_once(void **state)
{
	char *report;

	(void)state;
	report = report_on_recursion(30);
	assert_non_null(strstr(report, "  #1  walk\n  ... the same 29 times more, to #30\n"
				       "  #31 main\n"));
	free(report);
	report = report_on_recursion(3);
	assert_non_null(strstr(report, "  #1  walk\n  #2  walk\n  #3  walk\n  #4  main\n"));
	free(report);
}

/* A socket of a site whose connect failed: of `report`, with or without --verbose. */
static char *report_on_try(bool verbose)
{
	struct text_layout layout = { .top = 10, .stacks = 3, .verbose = verbose };
	struct leaks *leaks = leaks__new(~0U, SECOND, ignore, NULL);
	struct owner *owner = owner_new(NULL, NULL, NULL);
	struct tried tried = { a_stack("open_session"), CALL_CONNECT };
	struct stack *made = a_stack("make");
	struct event event = a_event(1, "ruby");
	struct summary summary = { .now_ns = NOW, .hooks = "tracepoint" };
	struct text out = TEXT_INIT;

	made->frames[1].line = 7;
	assert_true(stack_reserve(&made, 3) && stack_reserve(&tried.stack, 3));
	for (unsigned int i = 0; i < 2; i++) { /* main() is the outermost frame of both */
		struct stack *stack = i ? made : tried.stack;

		stack->frames[stack->count].function = strdup("main");
		stack->frames[stack->count++].pc = 0x77;
	}
	assert_int_equal(leaks__apply_tried(leaks, &event, owner, made, &tried), 0);
	leaks__tick(leaks, NOW);
	summary.leaks = leaks__totals(leaks);
	text_report(&out, leaks, &summary, &layout);
	leaks__free(leaks);
	owner_unref(owner);
	stack_unref(made);
	stack_unref(tried.stack);
	return out.data;
}

static void the_call_that_failed_is_shown_to_those_who_ask(void **state)
{
	char *report;

	(void)state;
	report = report_on_try(true);
	assert_non_null(strstr(report, " 1 of 1: connect failed in open_session "
				       "(libtransport.so.2) at src/transport.cpp:42\n"));
	assert_non_null(strstr(report, "open_session (libtransport.so.2) at src/transport.cpp:42\n"
				       "  ... and further out: as above\n"));
	free(report);
	report = report_on_try(false);
	assert_null(strstr(report, "connect failed in"));
	free(report);
}

/* socket(), then run() and the code outside functions: of one file, or of two in turn. */
static struct stack *stack_of_script(const char *inner, const char *outer)
{
	struct stack *stack = stack_new(7);

	stack->source = STACK_SNAPSHOT;
	stack->site = 1;
	for (unsigned int i = 0; i < stack->count; i++) {
		struct frame *frame = &stack->frames[i];

		frame->function = strdup(i ? "run" : "make");
		frame->module = strdup("[python]");
		frame->file = strdup(!i ? "/srv/make.py" : i % 2 ? inner : outer);
		frame->script = SCRIPT_PYTHON;
		frame->line = 12;
	}
	return stack;
}

/* Two programs have a function of that name at that line, and so do two files that call in turn. */
static void functions_of_two_files_are_not_the_same(void **state)
{
	static const char *const files[][2] = { { "/srv/a.py", "/srv/b.py" },
						{ "/srv/c.py", "/srv/d.py" } };
	struct leaks *leaks = leaks__new(~0U, SECOND, ignore, NULL);
	struct owner *owner = owner_new(NULL, NULL, NULL);
	struct summary summary = { 0 };
	char *report;

	(void)state;
	for (__u64 i = 0; i < 2; i++) {
		struct event event = a_event(1 + i, "python3");
		struct stack *stack = stack_of_script(files[i][0], files[i][1]);

		assert_int_equal(leaks__apply(leaks, &event, owner, stack), 0);
		stack_unref(stack);
	}
	leaks__tick(leaks, NOW);
	report = report_of(leaks, &summary);
	assert_null(strstr(report, "as in the first one"));
	assert_null(strstr(report, "the same "));
	for (unsigned int i = 0; i < 4; i++)
		assert_non_null(strstr(report, files[i / 2][i % 2]));
	free(report);
	owner_unref(owner);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_end_of_a_stack_is_reported),
		cmocka_unit_test(the_whole_stack_of_a_site_is_shown),
		cmocka_unit_test(a_stack_without_its_script_takes_one_line),
		cmocka_unit_test(a_recursion_is_shown_once),
		cmocka_unit_test(the_call_that_failed_is_shown_to_those_who_ask),
		cmocka_unit_test(functions_of_two_files_are_not_the_same),
	};

	return cmocka_run_group_tests_name("text_stacks", tests, NULL, NULL);
}
