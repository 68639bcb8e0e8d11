/* SPDX-License-Identifier: BSD-2-Clause */
/* unwind: through the trampolines that CPython makes for `-X perf`, which a perf map names. */
#include "unwind_fixture.h"

/*
 * CPython calls the evaluation of a function by a copy of _Py_trampoline_func_start, whose fourth
 * argument that is. An argument "p" makes the copy push a frame pointer; "n": no map names it.
 */
static const char interpreter[] =
	"#include <stdio.h>\n"
	"#include <string.h>\n"
	"#include <sys/mman.h>\n"
	"#include <sys/socket.h>\n"
	"#include <unistd.h>\n"
	"typedef void *evaluation(void *thread, void *frame, int throw);\n"
	"typedef void *trampoline(void *, void *, int, evaluation *);\n"
	"int last;\n"
	"__attribute__((noipa)) void *evaluate(void *thread, void *frame, int throw)\n"
	"{\n"
	"	last = socket(AF_INET, SOCK_STREAM, 0);\n"
	"	return thread;\n"
	"}\n"
	"static const char plain[] = \"\\x48\\x83\\xec\\x08\\xff\\xd1\\x48\\x83\\xc4\\x08\\xc3\";\n"
	"static const char pushes[] = \"\\x55\\x48\\x89\\xe5\\xff\\xd1\\x5d\\xc3\";\n"
	"__attribute__((noipa)) void *call(trampoline *code)\n"
	"{\n"
	"	void *result = code(0, 0, 0, evaluate);\n"
	"	last++;\n"
	"	return result;\n"
	"}\n"
	"int main(int argc, char **argv)\n"
	"{\n"
	"	char *code = mmap(0, 4096, PROT_READ | PROT_WRITE | PROT_EXEC,\n"
	"			  MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);\n"
	"	char path[64];\n"
	"	FILE *map;\n"
	"	memcpy(code, plain, sizeof(plain));\n"
	"	if (argv[1][0] == 'p')\n"
	"		memcpy(code, pushes, sizeof(pushes));\n"
	"	snprintf(path, sizeof(path), \"/tmp/perf-%d.map\", getpid());\n"
	"	map = fopen(path, \"w\");\n"
	"	fprintf(map, \"%lx %x %shandle:/srv/app.py\\n\", (long)code, 16,\n"
	"		argv[1][0] == 'n' ? \"\" : \"py::\");\n"
	"	fclose(map);\n"
	"	call((trampoline *)code);\n"
	"	pause();\n"
	"	return 0;\n"
	"}\n";

static struct stack *stack_by(const char *way)
{
	pid_t pid = start("interpreter", way, AF_INET);
	struct snapshot *snapshot = snapshot_of(pid, SNAPSHOT_OF_STACK);
	struct stack *stack = unwind(pid, snapshot);
	char map[64];

	snprintf(map, sizeof(map), "/tmp/perf-%d.map", pid);
	unlink(map);
	stop_process(pid);
	free(snapshot);
	return stack;
}

static void check_functions(const struct stack *stack, const char *const *functions)
{
	unsigned int at = 0;

	for (; *functions; functions++, at++) {
		while (at < stack->count && stack->frames[at].kind == FRAME_OF_LIBC)
			at++;
		assert_true(at < stack->count);
		assert_string_equal(stack->frames[at].function, *functions);
	}
}

static void both_kinds_are_passed(void **state)
{
	static const char *const functions[] = { "evaluate", "py::handle:/srv/app.py", "call",
						 "main", NULL };
	static const char *const flags[] = { "-fomit-frame-pointer", "-fno-omit-frame-pointer" };
	static const char *const ways[] = { "o", "p" };

	(void)state;
	write_file("interpreter.c", interpreter);
	for (size_t i = 0; i < 4; i++) {
		struct stack *stack;

		run("gcc -O2 -g %s -o interpreter interpreter.c", flags[i / 2]);
		stack = stack_by(ways[i % 2]);
		check_functions(stack, functions);
		assert_int_equal(stack->end, STACK_END_OUTERMOST);
		stack_unref(stack);
	}
}

/* Other code that was made at run time may keep anything on the stack. */
static void others_are_not(void **state)
{
	struct stack *stack;

	(void)state;
	write_file("interpreter.c", interpreter);
	run("gcc -O2 -g -fomit-frame-pointer -o interpreter interpreter.c");
	stack = stack_by("n");
	assert_string_equal(stack->frames[stack->count - 1].function, "handle:/srv/app.py");
	assert_int_equal(stack->end, STACK_END_JIT);
	stack_unref(stack);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(both_kinds_are_passed),
		cmocka_unit_test(others_are_not),
	};

	return cmocka_run_group_tests(tests, set_up, tear_down);
}
