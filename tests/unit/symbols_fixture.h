/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * symbols_fixture: what the tests of symbols.h share: stacks of this process resolved,
 * addresses whose line is known, and a directory of their own to build in.
 */
#ifndef SYMBOLS_FIXTURE_H
#define SYMBOLS_FIXTURE_H

#define _GNU_SOURCE 1
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <dirent.h>
#include <dlfcn.h>
#include <fcntl.h>
#include <link.h>
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/auxv.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "stacks/symbols.h"

#define _unused_ __attribute__((unused))

static char directory[] = "/tmp/sockleak-symbols-XXXXXX";
static struct symbols *symbols;

_unused_ static __u64 address(const void *pointer)
{
	return (uintptr_t)pointer;
}

_unused_ static struct stack *resolve_of(pid_t pid, const __u64 *pcs, unsigned int count,
					 __u64 caller)
{
	struct stack *stack = NULL;

	assert_int_equal(symbols__resolve(symbols, pid, pcs, count, caller, STACK_FP, &stack), 0);
	assert_non_null(stack);
	assert_int_equal(stack->source, STACK_FP);
	return stack;
}

_unused_ static struct stack *resolve(const __u64 *pcs, unsigned int count)
{
	return resolve_of(getpid(), pcs, count, 0);
}

_unused_ static struct stack *resolve_one(__u64 pc)
{
	return resolve(&pc, 1);
}

/* The return address of the call that is being made, and the line it stands in. */
#define HERE(pc, line) (pc = return_address(), line = __LINE__)

__attribute__((noipa, unused)) static __u64 return_address(void)
{
	__asm__ volatile(""); /* two calls of it are two */
	return address(__builtin_return_address(0));
}

__attribute__((noipa)) static void inner(__u64 *pcs, unsigned int *lines)
{
	HERE(pcs[0], lines[0]);
	pcs[1] = address(__builtin_return_address(0));
}

__attribute__((noipa, unused)) static void outer(__u64 *pcs, unsigned int *lines)
{
	inner(pcs, lines), lines[1] = __LINE__;
	pcs[2] = address(__builtin_return_address(0));
}

_unused_ static void refuse(__u64 first, __u64 caller)
{
	struct stack *stack = resolve_of(getpid(), &first, 1, caller);

	assert_int_equal(stack->count, 1);
	stack_unref(stack);
}

_unused_ static void *in_libc(const char *name)
{
	static void *libc;
	void *function;

	if (!libc)
		libc = dlopen("libc.so.6", RTLD_NOW | RTLD_NOLOAD);
	function = dlsym(libc, name);
	assert_non_null(function);
	return function;
}

_unused_ static char *path_of(const char *name)
{
	static char paths[4][PATH_MAX];
	static unsigned int next;
	char *path = paths[next++ % 4];

	snprintf(path, PATH_MAX, "%s/%s", directory, name);
	return path;
}

_unused_ static void write_file(const char *name, const char *text)
{
	FILE *file = fopen(path_of(name), "w");

	assert_non_null(file);
	fputs(text, file);
	fclose(file);
}

__attribute__((format(printf, 1, 2), unused)) static int run(const char *format, ...)
{
	char command[4 * PATH_MAX], script[5 * PATH_MAX];
	va_list arguments;

	va_start(arguments, format);
	vsnprintf(command, sizeof(command), format, arguments);
	va_end(arguments);
	snprintf(script, sizeof(script), "cd %s && { %s; }", directory, command);
	return system(script);
}

_unused_ static void *load(const char *name)
{
	void *library = dlopen(path_of(name), RTLD_NOW);

	if (!library)
		fail_msg("%s", dlerror());
	/* mappings of before the load are taken as true for a second */
	symbols__free(symbols);
	symbols = symbols__new();
	assert_non_null(symbols);
	return library;
}

_unused_ static const char source[] = "void *last;\n"
				      "__attribute__((noinline)) static void note(void)\n"
				      "{\n"
				      "	last = __builtin_return_address(0);\n"
				      "}\n"
				      "void *where(void);\n"
				      "void *where(void)\n"
				      "{\n"
				      "	note();\n" /* line 9 */
				      "	return last;\n"
				      "}\n";

/* has_debug: some of the file has debug information. */
_unused_ static void check_line_of(const char *name, unsigned int line, bool has_debug)
{
	void *library = load(name);
	void *(*where)(void) = (void *(*)(void))dlsym(library, "where");
	struct stack *stack = resolve_one(address(where()));
	const struct frame *frame = &stack->frames[0];

	assert_string_equal(frame->function, "where");
	assert_int_equal(frame->line, line);
	assert_int_equal(frame->has_debug, has_debug);
	if (line)
		assert_non_null(strstr(frame->file, "where.c"));
	else
		assert_null(frame->file);
	stack_unref(stack);
	dlclose(library);
}

_unused_ static void check_line(const char *name, unsigned int line)
{
	check_line_of(name, line, line != 0);
}

_unused_ static int set_up(void **state)
{
	(void)state;
	symbols = symbols__new();
	return symbols && mkdtemp(directory) ? 0 : -1;
}

_unused_ static int tear_down(void **state)
{
	char command[PATH_MAX];

	(void)state;
	symbols__free(symbols);
	symbols__free(NULL);
	snprintf(command, sizeof(command), "rm -r %s", directory);
	return system(command);
}

#endif /* SYMBOLS_FIXTURE_H */
