/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * unwind: through a C library that has no call frame information, musl: its socket() pushes
 * registers and lowers the stack pointer, so the caller is found by reading that. And through one
 * that has it in a separate debug file.
 */
#include "unwind_fixture.h"

static const char chain[] =
	"#include <stdlib.h>\n"
	"#include <sys/socket.h>\n"
	"#include <unistd.h>\n"
	"#define NOINLINE __attribute__((noinline))\n"
	"volatile int last;\n"
	"NOINLINE int transport_open(void)\n"
	"{\n"
	"	last = socket(AF_INET, SOCK_STREAM, 0);\n" /* line 8 */
	"	return last;\n"
	"}\n"
	"NOINLINE int session_begin(void) { last = transport_open(); return last; }\n"
	"NOINLINE int compare(const void *a, const void *b)\n"
	"{\n"
	"	last = session_begin() + (a < b);\n"
	"	return *(const int *)a - *(const int *)b;\n"
	"}\n"
	"int main(int argc, char **argv)\n"
	"{\n"
	"	int numbers[] = { 2, 1 };\n"
	"	if (argv[1][0] == 'q')\n"
	"		qsort(numbers, 2, sizeof(int), compare);\n"
	"	last = session_begin();\n"
	"	pause();\n"
	"	return last + argc;\n"
	"}\n";

static void build_with(const char *options)
{
	if (system("command -v musl-gcc >/dev/null")) {
		print_message("SKIPPED: no musl-gcc\n");
		skip();
	}
	write_file("chain.c", chain);
	run("musl-gcc -g -O2 %s -o chain chain.c", options);
}

static void expect_chain(const struct stack *stack)
{
	assert_true(stack->count >= 4);
	assert_int_equal(stack->frames[1].source, FRAME_CALLER);
	expect(stack, 1, "transport_open", 8, false);
	expect(stack, 2, "session_begin", 11, false);
	expect(stack, 3, "main", 22, false);
	assert_int_equal(stack->end, STACK_END_OUTERMOST);
}

static void the_caller_of_socket(void **state)
{
	static const char *const options[] = { "", "-static", "-fno-omit-frame-pointer",
					       "-static -fno-omit-frame-pointer" };

	(void)state;
	for (size_t i = 0; i < sizeof(options) / sizeof(options[0]); i++) {
		struct stack *stack;

		build_with(options[i]);
		stack = stack_of("chain", "plain");
		expect_chain(stack);
		stack_unref(stack);
	}
}

/* Without a symbol the start of socket() is told by the call that led there. */
static void the_caller_without_symbols(void **state)
{
	struct stack *with, *without;

	(void)state;
	build_with("-static -Wl,--build-id");
	with = stack_of("chain", "plain");
	run("strip chain");
	without = stack_of("chain", "plain");
	assert_true(without->count >= 4);
	for (unsigned int i = 0; i < 4; i++)
		assert_int_equal(without->frames[i].offset, with->frames[i].offset);
	stack_unref(with);
	stack_unref(without);
}

/* The library calls back; its qsort() has no rules either. Nothing is skipped without a word. */
static void a_callback(void **state)
{
	struct stack *stack;

	(void)state;
	build_with("-fno-omit-frame-pointer");
	stack = stack_of("chain", "qsort");
	expect(stack, 1, "transport_open", 8, false);
	expect(stack, 2, "session_begin", 11, false);
	expect(stack, 3, "compare", 14, false);
	assert_true(stack->count == 5 ? stack->truncated : !stack->truncated);
	stack_unref(stack);
}

/*
 * Call frame information that is in a separate debug file alone, as it is of Alpine's musl. The
 * function has a frame whose size nobody can tell by its code.
 */
static const char variable[] = "int via(int (*call)(int), int n)\n"
			       "{\n"
			       "	volatile char room[n * 64 + 16];\n"
			       "	room[n] = 1;\n"
			       "	return call(1) + room[n];\n"
			       "}\n";

static const char calling[] =
	"#include <sys/socket.h>\n"
	"int via(int (*call)(int), int n);\n"
	"__attribute__((noinline)) int opens(int type)\n"
	"{\n"
	"	return socket(AF_INET, type, 0) + 1;\n"
	"}\n"
	"int main(int argc, char **argv) { return via(opens, argc * 3) + 1; }\n";

static void rules_of_a_debug_file(void **state)
{
	struct stack *stack;

	(void)state;
	write_file("variable.c", variable);
	write_file("calling.c", calling);
	run("gcc -g -O1 -fomit-frame-pointer -fno-asynchronous-unwind-tables -fno-unwind-tables "
	    "-fno-stack-protector -shared -fPIC -Wl,--build-id -o libvariable.so variable.c && "
	    "objcopy --only-keep-debug libvariable.so libvariable.debug && "
	    "objcopy --strip-debug --add-gnu-debuglink=libvariable.debug libvariable.so && "
	    "gcc -O1 -o calling calling.c -L. -lvariable -Wl,-rpath,$PWD");
	stack = stack_of("calling", "plain");
	expect(stack, 2, "via", 5, false);
	assert_string_equal(stack->frames[3].function, "main");
	assert_int_equal(stack->frames[3].source, FRAME_CFI);
	expect_outermost(stack);
	stack_unref(stack);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_caller_of_socket),
		cmocka_unit_test(the_caller_without_symbols),
		cmocka_unit_test(a_callback),
		cmocka_unit_test(rules_of_a_debug_file),
	};

	return cmocka_run_group_tests(tests, set_up, tear_down);
}
