/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * unwind_fixture: snapshots of real processes, stopped by ptrace where the hooks take theirs:
 * of programs built here, so that every frame is known.
 */
#ifndef UNWIND_FIXTURE_H
#define UNWIND_FIXTURE_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <errno.h>
#include <limits.h>
#include <sys/auxv.h>
#include <sys/prctl.h>
#include <time.h>

#include "host/files/modules.h"
#include "snapshot_of.h"
#include "stacks/symbols.h"

#define _unused_ __attribute__((unused))

_unused_ static char directory[] = "/tmp/sockleak-unwind-XXXXXX";
static struct symbols *symbols;

/* No function keeps a frame pointer, and each does something after its call. */
_unused_ static const char program[] =
	"#include <signal.h>\n"
	"#include <string.h>\n"
	"#include <sys/socket.h>\n"
	"#include <time.h>\n"
	"#include <unistd.h>\n"
	"int last;\n"
	"static inline __attribute__((always_inline)) int innermost(int type)\n"
	"{\n"
	"	return socket(AF_INET, type, 0) + 1;\n" /* line 9 */
	"}\n"
	"static inline __attribute__((always_inline)) int between(int type)\n"
	"{\n"
	"	last++;\n"
	"	return innermost(type) + 1;\n" /* line 14 */
	"}\n"
	"__attribute__((noipa)) int make(int type)\n"
	"{\n"
	"	return between(type) + last;\n" /* line 18 */
	"}\n"
	"__attribute__((noipa)) int deep(int n)\n"
	"{\n"
	"	char room[256];\n"
	"	memset(room, n, sizeof(room));\n"
	"	__asm__ volatile(\"\" : : \"r\"(room) : \"memory\");\n"
	"	last = n ? deep(n - 1) : make(SOCK_STREAM);\n"
	"	return last + room[n % 256];\n"
	"}\n"
	"static void on_signal(int signal)\n"
	"{\n"
	"	last = make(SOCK_DGRAM) + signal;\n"
	"}\n"
	"__attribute__((noipa)) void spin(void)\n"
	"{\n"
	"	*(volatile int *)0 = last;\n"
	"}\n"
	"__attribute__((noipa)) void ticks(void)\n"
	"{\n"
	"	struct timespec now;\n"
	"	for (;;)\n"
	"		clock_gettime(CLOCK_MONOTONIC, &now);\n"
	"}\n"
	"int main(int argc, char **argv)\n"
	"{\n"
	"	static char other[65536];\n"
	"	stack_t stack = { .ss_sp = other, .ss_size = sizeof(other) };\n"
	"	struct sigaction action = { .sa_handler = on_signal };\n"
	"	if (argv[1][0] == 's' || argv[1][0] == 'a') {\n"
	"		action.sa_flags = argv[1][0] == 'a' ? SA_ONSTACK : 0;\n"
	"		sigaltstack(&stack, NULL);\n"
	"		sigaction(SIGSEGV, &action, NULL);\n"
	"		spin();\n"
	"	}\n"
	"	if (argv[1][0] == 'd')\n"
	"		last = deep(100);\n"
	"	if (argv[1][0] == 'v') {\n"
	"		socket(AF_UNIX, SOCK_STREAM, 0);\n"
	"		ticks();\n"
	"	}\n"
	"	last = make(SOCK_STREAM);\n"
	"	pause();\n"
	"	return last + argc;\n"
	"}\n";

__attribute__((format(printf, 1, 2), unused)) static void run(const char *format, ...)
{
	char command[2048], script[4096];
	va_list arguments;

	va_start(arguments, format);
	vsnprintf(command, sizeof(command), format, arguments);
	va_end(arguments);
	snprintf(script, sizeof(script), "cd %s && { %s; }", directory, command);
	if (system(script))
		fail_msg("%s", command);
}

_unused_ static void write_file(const char *name, const char *text)
{
	char path[PATH_MAX];
	FILE *file;

	snprintf(path, sizeof(path), "%s/%s", directory, name);
	file = fopen(path, "w");
	assert_non_null(file);
	fputs(text, file);
	fclose(file);
}

_unused_ static pid_t start(const char *name, const char *argument, int family)
{
	char path[PATH_MAX];
	pid_t pid = fork();

	assert_true(pid >= 0);
	if (!pid) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		snapshot_trace_me();
		snprintf(path, sizeof(path), "%s/%s", directory, name);
		execl(path, name, argument, NULL);
		_exit(127);
	}
	assert_true(snapshot_wait_socket(pid, family));
	return pid;
}

_unused_ static void stop_process(pid_t pid)
{
	kill(pid, SIGKILL);
	waitpid(pid, NULL, 0);
}

_unused_ static struct stack *unwind(pid_t pid, const struct snapshot *snapshot)
{
	struct stack *stack = NULL;

	assert_non_null(snapshot);
	assert_int_equal(symbols__unwind(symbols, pid, snapshot, &stack), 0);
	assert_non_null(stack);
	assert_int_equal(stack->source, STACK_SNAPSHOT);
	return stack;
}

/* The stack of a program at its socket(), with 16 KiB of stack copied. */
_unused_ static struct stack *stack_of(const char *name, const char *argument)
{
	pid_t pid = start(name, argument, AF_INET);
	struct snapshot *snapshot = snapshot_of(pid, SNAPSHOT_OF_STACK);
	struct stack *stack = unwind(pid, snapshot);

	free(snapshot);
	stop_process(pid);
	return stack;
}

_unused_ static void print(const struct stack *stack)
{
	for (unsigned int i = 0; i < stack->count; i++)
		print_message("#%u %s%s %s:%u by %s in %s\n", i, stack->frames[i].function ?: "??",
			      stack->frames[i].inlined ? " (inlined)" : "",
			      stack->frames[i].file ?: "?", stack->frames[i].line,
			      frame_source_name(stack->frames[i].source), stack->frames[i].module);
}

_unused_ static const struct frame *expect(const struct stack *stack, unsigned int i,
					   const char *function, unsigned int line, bool inlined)
{
	const struct frame *frame = &stack->frames[i];

	if (i >= stack->count || !frame->function || strcmp(frame->function, function) ||
	    frame->line != line || frame->inlined != inlined) {
		print(stack);
		fail_msg("frame %u is not %s, line %u", i, function, line);
	}
	return frame;
}

_unused_ static void expect_outermost(const struct stack *stack)
{
	const struct frame *frame = &stack->frames[stack->count - 1];

	if (!frame->function || strcmp(frame->function, "_start") || stack->truncated) {
		print(stack);
		fail_msg("does not end with _start");
	}
}

_unused_ static int set_up(void **state)
{
	(void)state;
	symbols = symbols__new();
	if (!symbols || !mkdtemp(directory))
		return -1;
	write_file("program.c", program);
	run("gcc -g -O2 -fomit-frame-pointer -Wl,--build-id -o program program.c && "
	    "strip -o bare program && mkdir named && strip -g -o named/program program");
	return 0;
}

_unused_ static int tear_down(void **state)
{
	char command[PATH_MAX];

	(void)state;
	symbols__free(symbols);
	snprintf(command, sizeof(command), "rm -r %s", directory);
	return system(command);
}

#endif /* UNWIND_FIXTURE_H */
