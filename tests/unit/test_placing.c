/* SPDX-License-Identifier: BSD-2-Clause */
/* Functions of scripts among the native frames: where they stand, and who is to blame then. */
#include "culprit_fixture.h"

#include "stacks/placing.h"
#include "stacks/scripts/script_rules.h"
#include "stacks/site_id.h"

#define PYTHON "/usr/bin/python3.11"
#define EVALUATOR                                  \
	{                                          \
		PYTHON, "_PyEval_EvalFrameDefault" \
	}
#define BINDING                                                              \
	{                                                                    \
		"/usr/lib/python3.11/lib-dynload/_socket.cpython-311.so", "" \
	}

struct script {
	const char *function, *file; /* no function: its name is not known */
	unsigned int line;
	bool is_entry, is_native;
};

/* Put scripts into a stack, which is replaced. */
static struct stack *with_scripts(struct stack *stack, const struct script *list,
				  unsigned int count)
{
	struct script_frames *frames = calloc(1, sizeof(*frames));

	assert_non_null(frames);
	frames->evaluator = "_PyEval_EvalFrameDefault*";
	frames->interpreter = PYTHON;
	frames->count = count;
	for (unsigned int i = 0; i < count; i++) {
		struct frame *frame = &frames->list[i];

		frame->module = strdup("[python]");
		frame->script = SCRIPT_PYTHON;
		frame->function = list[i].function ? strdup(list[i].function) : NULL;
		frame->file = list[i].file ? strdup(list[i].file) : NULL;
		frame->line = list[i].line;
		frame->kind = list[i].is_native ?
				      FRAME_OF_RUNTIME :
				      script_rule_kind(SCRIPT_PYTHON, NULL, list[i].file);
		frames->is_entry[i] = list[i].is_entry;
		frames->is_native[i] = list[i].is_native;
	}
	lend_lines(frames);
	place_scripts(frames, &stack);
	free(frames);
	return stack;
}

#define WITH(stack, ...)                                            \
	with_scripts(stack, (const struct script[]){ __VA_ARGS__ }, \
		     sizeof((const struct script[]){ __VA_ARGS__ }) / sizeof(struct script))

static void expect_functions(const struct stack *stack, const char *const *functions)
{
	unsigned int i;

	for (i = 0; functions[i]; i++) {
		assert_true(i < stack->count);
		assert_string_equal(stack->frames[i].function ?: "", functions[i]);
	}
	assert_int_equal(stack->count, i);
}

/* Each run before the function that executes it; what is left at the end. */
static void runs_stand_before_their_evaluators(void **state)
{
	static const char *const functions[] = { "socket",
						 "connect",
						 "send",
						 "_PyEval_EvalFrameDefault",
						 "map",
						 "perform",
						 "_PyEval_EvalFrameDefault",
						 "main",
						 "outer",
						 NULL };
	struct stack *stack =
		WITH(STACK(SOCKET, EVALUATOR, { PYTHON, "map" }, EVALUATOR, { PYTHON, "main" }),
		     { "connect", "/srv/n.py", 3 }, { "send", "/srv/n.py", 7, true },
		     { "perform", "/srv/n.py", 9, true }, { "outer", "/srv/n.py", 11, true });

	(void)state;
	expect_functions(stack, functions);
	stack_unref(stack);
}

/* A method in C that C has called, as a fiber's first one, stands behind what it has called. */
static void nobody_executes_a_method_in_c(void **state)
{
	static const char *const functions[] = { "socket", "send", "_PyEval_EvalFrameDefault",
						 "each",   "main", NULL };
	struct stack *stack =
		WITH(STACK(SOCKET, EVALUATOR, { PYTHON, "main" }), { "send", "/srv/n.py", 7, true },
		     { "each", NULL, 0, false, true });

	(void)state;
	expect_functions(stack, functions);
	stack_unref(stack);
}

/* All before the interpreter's first frame. */
static void an_evaluator_without_a_name(void **state)
{
	static const char *const functions[] = { "socket", "send", "perform", "", "main", NULL };
	struct stack *stack = WITH(STACK(SOCKET, { PYTHON }, { PYTHON, "main" }),
				   { "send", "/srv/n.py", 7, true }, { "perform", "/srv/n.py", 9 });

	(void)state;
	expect_functions(stack, functions);
	stack_unref(stack);
}

static void functions_in_c_have_the_line_of_their_call(void **state)
{
	struct stack *stack = WITH(STACK(SOCKET, EVALUATOR), { "new", NULL, 0, false, true },
				   { "send", "/srv/n.py", 7, true });

	(void)state;
	assert_string_equal(stack->frames[1].file, "/srv/n.py");
	assert_int_equal(stack->frames[1].line, 7);
	assert_string_equal(culprit_place(stack).frame->function, "send");
	stack_unref(stack);
}

/* The language's own library, and packages that connect for others, are passed over. */
static void the_script_is_to_blame(void **state)
{
	struct stack *stack =
		WITH(STACK(SOCKET, BINDING, EVALUATOR, { PYTHON, "main" }),
		     { "__init__", "/usr/lib/python3.11/socket.py", 232 },
		     { "connect", "/venv/lib/python3.11/site-packages/urllib3/connection.py", 50 },
		     { "send", "/srv/n.py", 7 }, { "send", "/srv/n.py", 6 },
		     { "perform", "/srv/n.py", 9, true });
	struct culprit culprit = culprit_find(stack, PYTHON);

	(void)state;
	assert_string_equal(culprit.where.frame->function, "send");
	assert_int_equal(culprit.where.frame->line, 7);
	assert_null(culprit.where.language);
	assert_string_equal(culprit.caller.frame->function, "perform");
	stack_unref(stack);
}

/* What is further out than a function without a name is not known to be the first. */
static void nobody_is_guessed(void **state)
{
	struct stack *stack = WITH(STACK(SOCKET, BINDING, EVALUATOR, { PYTHON, "main" }), { NULL },
				   { "perform", "/srv/n.py", 9, true });
	struct culprit culprit = culprit_find(stack, PYTHON);

	(void)state;
	assert_string_equal(culprit.where.language, "Python");
	assert_string_equal(culprit.caller.frame->function, "perform");
	stack_unref(stack);
}

/* A wrapper has the name of what it wraps; one that calls itself is not its own caller. */
static void a_caller_may_have_the_same_name(void **state)
{
	struct stack *stack =
		WITH(STACK(SOCKET, BINDING, EVALUATOR), { "connect", "/srv/sup_base.py", 3 },
		     { "connect", "/srv/sup_base.py", 9 }, { "connect", "/srv/sup.py", 5 },
		     { "<module>", "/srv/sup.py", 8, true });
	struct culprit culprit = culprit_find(stack, PYTHON);

	(void)state;
	assert_string_equal(culprit.where.frame->file, "/srv/sup_base.py");
	assert_string_equal(culprit.caller.frame->function, "connect");
	assert_string_equal(culprit.caller.frame->file, "/srv/sup.py");
	stack_unref(stack);
}

/* A pool connects in a thread of its own: the program has no function there. */
static void packages_alone_are_named(void **state)
{
	static const char redis[] = "/venv/lib/python3.11/site-packages/redis/connection.py";
	static const char twisted[] = "/venv/lib/python3.11/site-packages/twisted/base.py";
	struct stack *stack =
		WITH(STACK(SOCKET, BINDING, EVALUATOR),
		     { "__init__", "/usr/lib/python3.11/socket.py", 232 }, { "open", redis, 5 },
		     { "fill", redis, 9 }, { "run", "/usr/lib/python3.11/threading.py", 7 },
		     { "loop", twisted, 1, true });
	struct culprit culprit = culprit_find(stack, PYTHON);

	(void)state;
	assert_string_equal(culprit.where.frame->function, "fill");
	assert_null(culprit.where.language);
	stack_unref(stack);
}

static __u64 site_of_two(const char *inner, const char *inner_file, const char *outer)
{
	struct stack *stack = WITH(STACK(SOCKET, BINDING, EVALUATOR), { inner, inner_file, 3 },
				   { outer, "/srv/n.py", 7, true });
	__u64 site = site_id(stack);

	stack_unref(stack);
	return site;
}

/* Of a text or of code that was freed, who has run it says which code it is; of a function not. */
static void a_site_of_a_text_has_its_runner(void **state)
{
	(void)state;
	assert_true(site_of_two("<module>", "<string>", "first") !=
		    site_of_two("<module>", "<string>", "second"));
	assert_int_equal(site_of_two("<module>", "<string>", "first"),
			 site_of_two("<module>", "<text 2>", "first"));
	assert_true(site_of_two(NULL, NULL, "first") != site_of_two(NULL, NULL, "second"));
	assert_int_equal(site_of_two("send", "/srv/m.py", "first"),
			 site_of_two("send", "/srv/m.py", "second"));
	assert_true(script_rule_is_text(SCRIPT_PERL, "(eval)", "(eval)"));
	assert_true(script_rule_is_text(SCRIPT_PERL, "(require)", NULL));
	assert_false(script_rule_is_text(SCRIPT_PERL, "(require)", "/srv/A.pm"));
	assert_false(script_rule_is_text(SCRIPT_PERL, "main::f", "(eval)"));
	assert_true(script_rule_is_text(SCRIPT_PHP, "eval", "/srv/a.php(3) : eval()'d code"));
	assert_true(script_rule_is_text(SCRIPT_PHP, "include", NULL));
	assert_false(script_rule_is_text(SCRIPT_PHP, "include", "/srv/a.php"));
	assert_false(script_rule_is_text(SCRIPT_PYTHON, "<module>", "/srv/a.py"));
	assert_false(script_rule_is_text(SCRIPT_NONE, NULL, NULL));
}

/* A library in C that a script uses is to blame, and the script has called it, by whatever way. */
static void a_script_calls_a_library(void **state)
{
	struct stack *stack = WITH(STACK(SOCKET, { "/srv/libtransport.so", "open_one" },
					 { "/srv/libtransport.so", "connect" },
					 { "/srv/binding.so", "binding_connect" }, EVALUATOR),
				   { "perform", "/srv/n.py", 9, true });
	struct culprit culprit = culprit_find(stack, PYTHON);

	(void)state;
	assert_string_equal(culprit.where.frame->function, "open_one");
	assert_string_equal(culprit.caller.frame->function, "perform");
	stack_unref(stack);
}

static __u64 site_of(const char *function, const char *file, unsigned int line)
{
	struct stack *stack =
		WITH(STACK(SOCKET, BINDING, EVALUATOR), { function, file, line, true });
	__u64 site = site_id(stack);

	stack_unref(stack);
	return site;
}

static __u64 site_of_ruby(const char *function)
{
	struct frame frame = { .script = SCRIPT_RUBY, .kind = FRAME_OF_PROGRAM };
	struct stack *stack = STACK(SOCKET, EVALUATOR);
	__u64 site;

	free(stack->frames[0].function);
	free(stack->frames[0].module);
	frame.function = strdup(function);
	frame.module = strdup("[ruby]");
	frame.file = strdup("/srv/n.rb");
	stack->frames[0] = frame;
	site = site_id(stack);
	stack_unref(stack);
	return site;
}

/* Ruby 3.4 has the class in a block's label only as long as its method is known. */
static void a_site_of_a_block_is_without_its_class(void **state)
{
	(void)state;
	assert_int_equal(site_of_ruby("block in Mail::Queue#send"), site_of_ruby("block in send"));
	assert_int_equal(site_of_ruby("block (2 levels) in Mailer.send"),
			 site_of_ruby("block (2 levels) in send"));
	assert_true(site_of_ruby("block in Mailer#send") != site_of_ruby("send"));
	assert_true(site_of_ruby("Mailer#send") != site_of_ruby("Queue#send"));
	assert_true(site_of_ruby("block in <class:A>") != site_of_ruby("block in <class:B>"));
}

/* The same wherever the program is installed, and whatever is changed above it. */
static void a_site_is_file_and_function(void **state)
{
	__u64 site = site_of("send", "/srv/app/n.py", 7);

	(void)state;
	assert_int_equal(site_of("send", "/opt/releases/12/app/n.py", 70), site);
	assert_true(site_of("other", "/srv/app/n.py", 7) != site);
	assert_true(site_of("send", "/srv/app/other.py", 7) != site);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(runs_stand_before_their_evaluators),
		cmocka_unit_test(nobody_executes_a_method_in_c),
		cmocka_unit_test(an_evaluator_without_a_name),
		cmocka_unit_test(functions_in_c_have_the_line_of_their_call),
		cmocka_unit_test(the_script_is_to_blame),
		cmocka_unit_test(nobody_is_guessed),
		cmocka_unit_test(a_caller_may_have_the_same_name),
		cmocka_unit_test(packages_alone_are_named),
		cmocka_unit_test(a_site_of_a_text_has_its_runner),
		cmocka_unit_test(a_script_calls_a_library),
		cmocka_unit_test(a_site_is_file_and_function),
		cmocka_unit_test(a_site_of_a_block_is_without_its_class),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
