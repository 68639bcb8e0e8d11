/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Snapshots of real processes, stopped by ptrace where the hooks take theirs,
 * unwound and named: programs built here, so that every frame is known.
 */
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

static char directory[] = "/tmp/sockleak-unwind-XXXXXX";
static struct symbols *symbols;

/* No function keeps a frame pointer, and each does something after its call. */
static const char program[] =
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

__attribute__((format(printf, 1, 2))) static void run(const char *format, ...)
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

/* A function that the program has mapped twice is called at the second place. */
static const char copying[] =
	"#define _GNU_SOURCE\n"
	"#include <fcntl.h>\n"
	"#include <sys/mman.h>\n"
	"#include <sys/socket.h>\n"
	"typedef int (*opens)(int, int, int);\n"
	"extern char __executable_start;\n"
	"__attribute__((noipa, aligned(4096))) int mapped_twice(opens call)\n"
	"{\n"
	"	return call(AF_INET, SOCK_STREAM, 0) + 1;\n" /* line 9 */
	"}\n"
	"int main(void)\n"
	"{\n"
	"	long at = (char *)mapped_twice - &__executable_start;\n"
	"	int fd = open(\"/proc/self/exe\", O_RDONLY);\n"
	"	void *copy = mmap(0, 64, PROT_READ | PROT_EXEC, MAP_PRIVATE, fd, at);\n"
	"	return ((int (*)(opens))copy)(socket) + 1;\n"
	"}\n";

/* Inlined functions of C++, of which g++ says where they are declared, but no linkage name. */
static const char scoped[] =
	"#include <sys/socket.h>\n"
	"int last;\n"
	"#define INLINE static inline __attribute__((always_inline))\n"
	"namespace net {\n"
	"INLINE int opens(int type) { return socket(AF_INET, type, 0) + 1; }\n" /* line 5 */
	"namespace {\n"
	"INLINE int hidden(int type) { return opens(type) + 1; }\n"
	"}\n"
	"struct Pool {\n"
	"	INLINE int take(int type) { return hidden(type) + 1; }\n" /* line 10 */
	"};\n"
	"}\n"
	"namespace other { INLINE int opens(int type) { return net::Pool::take(type) + 1; } }\n"
	"int main(int argc, char **argv) {\n"
	"	auto nameless = [&](int type) __attribute__((always_inline)) {\n"
	"		return other::opens(type) + argc;\n"
	"	};\n"
	"	last = nameless(SOCK_STREAM);\n"
	"	return last;\n"
	"}\n";

static void write_file(const char *name, const char *text)
{
	char path[PATH_MAX];
	FILE *file;

	snprintf(path, sizeof(path), "%s/%s", directory, name);
	file = fopen(path, "w");
	assert_non_null(file);
	fputs(text, file);
	fclose(file);
}

static pid_t start(const char *name, const char *argument, int family)
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

static void stop_process(pid_t pid)
{
	kill(pid, SIGKILL);
	waitpid(pid, NULL, 0);
}

static struct stack *unwind(pid_t pid, const struct snapshot *snapshot)
{
	struct stack *stack = NULL;

	assert_non_null(snapshot);
	assert_int_equal(symbols__unwind(symbols, pid, snapshot, &stack), 0);
	assert_non_null(stack);
	assert_int_equal(stack->source, STACK_SNAPSHOT);
	return stack;
}

/* The stack of a program at its socket(), with 16 KiB of stack copied. */
static struct stack *stack_of(const char *name, const char *argument)
{
	pid_t pid = start(name, argument, AF_INET);
	struct snapshot *snapshot = snapshot_of(pid, SNAPSHOT_OF_STACK);
	struct stack *stack = unwind(pid, snapshot);

	free(snapshot);
	stop_process(pid);
	return stack;
}

static void print(const struct stack *stack)
{
	for (unsigned int i = 0; i < stack->count; i++)
		print_message("#%u %s%s %s:%u by %s in %s\n", i, stack->frames[i].function ?: "??",
			      stack->frames[i].inlined ? " (inlined)" : "",
			      stack->frames[i].file ?: "?", stack->frames[i].line,
			      frame_source_name(stack->frames[i].source), stack->frames[i].module);
}

static const struct frame *expect(const struct stack *stack, unsigned int i, const char *function,
				  unsigned int line, bool inlined)
{
	const struct frame *frame = &stack->frames[i];

	if (i >= stack->count || !frame->function || strcmp(frame->function, function) ||
	    frame->line != line || frame->inlined != inlined) {
		print(stack);
		fail_msg("frame %u is not %s, line %u", i, function, line);
	}
	return frame;
}

static void expect_outermost(const struct stack *stack)
{
	const struct frame *frame = &stack->frames[stack->count - 1];

	if (!frame->function || strcmp(frame->function, "_start") || stack->truncated) {
		print(stack);
		fail_msg("does not end with _start");
	}
}

static void inlined_functions(void **state)
{
	struct stack *stack = stack_of("program", "plain");
	const struct frame *frame;

	(void)state;
	assert_true(stack->frames[0].kind);
	assert_int_equal(stack->frames[0].source, FRAME_REGISTER);
	frame = expect(stack, 1, "innermost", 9, true);
	assert_ptr_equal(stack_culprit(stack), frame);
	assert_int_equal(frame->source, FRAME_CFI);
	assert_true(frame->has_debug);
	expect(stack, 2, "between", 14, true);
	frame = expect(stack, 3, "make", 18, false);
	assert_true(frame->pc == stack->frames[1].pc && frame->offset == stack->frames[1].offset);
	assert_string_equal(frame->build_id, stack->frames[1].build_id);
	assert_string_equal(stack->frames[4].function, "main");
	assert_int_equal(stack->frames[4].source, FRAME_CFI);
	assert_false(stack->frames[4].inlined);
	expect_outermost(stack);
	stack_unref(stack);
}

static void same_site_without_debug(void **state)
{
	struct stack *with = stack_of("program", "plain"), *without = stack_of("bare", "plain");

	(void)state;
	assert_null(without->frames[1].function);
	assert_false(without->frames[1].has_debug);
	assert_non_null(without->frames[1].module);
	assert_string_equal(without->frames[1].build_id, with->frames[3].build_id);
	assert_int_equal(with->count, without->count + 2);
	assert_true(with->site != 0 && with->site == without->site);
	stack_unref(with);
	stack_unref(without);
}

/* clang: no .debug_aranges; -gz: compressed sections; -gdwarf-4: another format. */
static void other_debug_formats(void **state)
{
	static const char *const compilers[] = { "gcc -gdwarf-4", "gcc -g -gz", "clang -g" };
	struct stack *stack;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(compilers) / sizeof(compilers[0]); i++) {
		if (compilers[i][0] == 'c' && system("command -v clang >/dev/null")) {
			print_message("SKIPPED: no clang\n");
			skip();
		}
		run("%s -D'noipa=noinline' -O2 -fomit-frame-pointer -o other program.c",
		    compilers[i]);
		stack = stack_of("other", "plain");
		expect(stack, 1, "innermost", 9, true);
		expect(stack, 2, "between", 14, true);
		expect(stack, 3, "make", 18, false);
		expect_outermost(stack);
		stack_unref(stack);
	}
}

/* The frame that a signal interrupted stands at its pc: the first byte of spin() here. */
static void signal_frames(void **state)
{
	static const char *const ways[] = { "signal", "alternate stack" };
	struct stack *stack;
	size_t i;

	(void)state;
	for (i = 0; i < 2; i++) {
		stack = stack_of("program", ways[i]);
		expect(stack, 3, "make", 18, false);
		expect(stack, 4, "on_signal", 30, false);
		assert_non_null(strstr(stack->frames[5].module, "libc"));
		expect(stack, 6, "spin", 34, false);
		if (i == 0) {
			assert_string_equal(stack->frames[7].function, "main");
			expect_outermost(stack);
		} else {
			/* the other stack was not copied */
			assert_int_equal(stack->count, 7);
			assert_true(stack->truncated);
		}
		stack_unref(stack);
	}
}

static void scopes_of_functions(void **state)
{
	static const char *const compilers[] = { "g++ -g", "g++ -gdwarf-4 -fdebug-types-section",
						 "clang++ -g" };
	struct stack *stack;

	(void)state;
	write_file("scoped.cpp", scoped);
	for (size_t i = 0; i < sizeof(compilers) / sizeof(compilers[0]); i++) {
		if (compilers[i][0] == 'c' && system("command -v clang++ >/dev/null")) {
			print_message("SKIPPED: no clang++\n");
			skip();
		}
		run("%s -O2 -o scoped scoped.cpp", compilers[i]);
		stack = stack_of("scoped", "plain");
		expect(stack, 1, "net::opens", 5, true);
		expect(stack, 2, "net::(anonymous namespace)::hidden", 7, true);
		expect(stack, 3, "net::Pool::take", 10, true);
		expect(stack, 4, "other::opens", 13, true);
		assert_non_null(strstr(stack->frames[5].function, "::operator()"));
		expect(stack, 6, "main", 18, false);
		expect_outermost(stack);
		stack_unref(stack);
	}
}

/* Code at two addresses, as V8's builtins are, has its names at both. */
static void code_mapped_twice(void **state)
{
	static const char *const ways[] = { "-no-pie -fno-pie", "-pie -fPIE" };
	struct stack *stack;

	(void)state;
	write_file("copying.c", copying);
	for (size_t i = 0; i < 2; i++) {
		run("gcc -g -O2 -fno-omit-frame-pointer %s -o copying copying.c", ways[i]);
		stack = stack_of("copying", "plain");
		expect(stack, 1, "mapped_twice", 9, false);
		assert_true(stack->frames[1].offset % 4096 < 64);
		expect(stack, 2, "main", 16, false);
		assert_int_equal(stack->frames[2].source, FRAME_FP);
		expect_outermost(stack);
		stack_unref(stack);
	}
}

static void a_stack_that_goes_on(void **state)
{
	struct stack *stack = stack_of("program", "deep");
	unsigned int i, n = 0;

	(void)state;
	assert_true(stack->truncated);
	for (i = 4; i < stack->count; i++)
		n += stack->frames[i].function && !strcmp(stack->frames[i].function, "deep");
	assert_int_equal(n, stack->count - 4);
	assert_true(n >= 40 && n <= 64); /* 16 KiB, some 300 bytes each */
	stack_unref(stack);
}

static void empty_snapshots(void **state)
{
	pid_t pid = start("program", "plain", AF_INET);
	struct snapshot *snapshot = snapshot_of(pid, SNAPSHOT_OF_STACK);
	struct stack *stack = NULL;
	__u32 len;

	(void)state;
	assert_non_null(snapshot);
	len = snapshot->len;
	snapshot->len = 0;
	assert_int_equal(symbols__unwind(symbols, pid, snapshot, &stack), -ENOENT);
	snapshot->len = 7;
	assert_int_equal(symbols__unwind(symbols, pid, snapshot, &stack), -ENOENT);
	snapshot->n_regs = 0;
	assert_int_equal(symbols__unwind(symbols, pid, snapshot, &stack), -EINVAL);
	snapshot->n_regs = 17;
	snapshot->len = len;
	snapshot->regs[16] = 0x1234;
	assert_int_equal(symbols__unwind(symbols, pid, snapshot, &stack), -ENOENT);
	assert_null(stack);
	stop_process(pid);
	free(snapshot);
}

/* Step a process until it is in its vdso, and a bit further. */
static void step_into_vdso(pid_t pid, const struct mapping *vdso)
{
	struct user_regs_struct regs;
	unsigned int i, within = 0;

	for (i = 0; i < 100000 && within < 12; i++) {
		assert_int_equal(ptrace(PTRACE_SINGLESTEP, pid, NULL, NULL), 0);
		assert_int_equal(waitpid(pid, NULL, 0), pid);
		ptrace(PTRACE_GETREGS, pid, NULL, &regs);
		within += regs.rip >= vdso->start && regs.rip < vdso->end;
	}
	assert_int_equal(within, 12);
}

static struct mapping vdso_of(pid_t pid)
{
	struct mapping vdso = { 0 };
	unsigned long long start, end;
	char path[64], line[512];
	FILE *maps;

	snprintf(path, sizeof(path), "/proc/%d/maps", pid);
	maps = fopen(path, "re");
	assert_non_null(maps);
	while (fgets(line, sizeof(line), maps))
		if (strstr(line, "[vdso]") && sscanf(line, "%llx-%llx", &start, &end) == 2) {
			vdso.start = start;
			vdso.end = end;
		}
	fclose(maps);
	return vdso;
}

static void through_the_vdso(void **state)
{
	pid_t pid = start("program", "vdso", AF_UNIX);
	struct mapping vdso = vdso_of(pid);
	struct snapshot *snapshot;
	struct stack *stack;
	unsigned int i;

	(void)state;
	assert_true(vdso.end > vdso.start);
	step_into_vdso(pid, &vdso);
	snapshot = snapshot_of(pid, SNAPSHOT_OF_STACK);
	stack = unwind(pid, snapshot);
	assert_string_equal(stack->frames[0].module, "[vdso]");
	assert_non_null(stack->frames[0].function);
	for (i = 1; i < stack->count; i++)
		if (stack->frames[i].function && !strcmp(stack->frames[i].function, "ticks"))
			break;
	if (i > 3) {
		print(stack);
		fail_msg("ticks() is not found");
	}
	expect_outermost(stack);
	stack_unref(stack);
	free(snapshot);
	stop_process(pid);
}

/* What was known of a process that is gone is used; of one never seen nothing is known. */
static void gone_process(void **state)
{
	pid_t pid = start("program", "plain", AF_INET);
	struct snapshot *snapshot = snapshot_of(pid, SNAPSHOT_OF_STACK);
	struct stack *stack = NULL;
	__u64 pc = 1;

	(void)state;
	assert_non_null(snapshot);
	/* its mappings are read, none of its files is looked into */
	assert_int_equal(symbols__resolve(symbols, pid, &pc, 1, 0, STACK_FP, &stack), 0);
	stack_unref(stack);
	stop_process(pid);
	stack = unwind(pid, snapshot);
	expect(stack, 1, "innermost", 9, true);
	expect(stack, 3, "make", 18, false);
	expect_outermost(stack);
	stack_unref(stack);

	symbols__free(symbols);
	symbols = symbols__new();
	assert_int_equal(symbols__unwind(symbols, pid, snapshot, &stack), -ESRCH);
	free(snapshot);
}

static void repeated_stacks_are_shared(void **state)
{
	pid_t pid = start("program", "plain", AF_INET);
	struct snapshot *snapshot = snapshot_of(pid, SNAPSHOT_OF_STACK);
	struct stack *a = unwind(pid, snapshot), *b = unwind(pid, snapshot);

	(void)state;
	assert_ptr_equal(a, b);
	stack_unref(a);
	stack_unref(b);
	free(snapshot);
	stop_process(pid);
}

/* Whatever the memory holds, it ends, and nothing is read outside it (ASan). */
static void hostile_snapshots(void **state)
{
	pid_t pid = start("program", "plain", AF_INET);
	struct snapshot *good = snapshot_of(pid, SNAPSHOT_OF_STACK), *bad;
	size_t size;
	unsigned int i, j;

	(void)state;
	assert_non_null(good);
	size = sizeof(*good) + good->len;
	srand(7);
	alarm(60);
	for (i = 0; i < 300; i++) {
		struct stack *stack = NULL;

		bad = malloc(size); /* exactly as large as it says */
		assert_non_null(bad);
		memcpy(bad, good, size);
		for (j = 0; j < 1U << (i % 8); j++)
			bad->stack[(unsigned int)rand() % 512 % bad->len] = (__u8)rand();
		if (i % 3 == 0)
			bad->regs[7] = (__u64)rand() << 33 | (__u64)rand();
		if (i % 4 == 0) /* pieces that lie in each other, or beyond what is there */
			for (j = 0; j < SNAPSHOT_PARTS; j++)
				bad->pieces[j] = (struct snapshot_piece){
					good->regs[7] + (unsigned int)rand() % 64 * 8 - 256,
					(__u32)rand() >> (rand() % 31), 0
				};
		if (i % 5 == 0) /* the stack says again and again that it was called from here */
			for (j = 0; j + 8 <= bad->len; j += 8)
				memcpy(bad->stack + j, &good->regs[16], 8);
		symbols__unwind(symbols, pid, bad, &stack);
		stack_unref(stack);
		free(bad);
	}
	alarm(0);
	free(good);
	stop_process(pid);
}

static int set_up(void **state)
{
	(void)state;
	symbols = symbols__new();
	if (!symbols || !mkdtemp(directory))
		return -1;
	write_file("program.c", program);
	run("gcc -g -O2 -fomit-frame-pointer -Wl,--build-id -o program program.c && "
	    "strip -o bare program");
	return 0;
}

static int tear_down(void **state)
{
	char command[PATH_MAX];

	(void)state;
	symbols__free(symbols);
	snprintf(command, sizeof(command), "rm -r %s", directory);
	return system(command);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(inlined_functions),
		cmocka_unit_test(same_site_without_debug),
		cmocka_unit_test(other_debug_formats),
		cmocka_unit_test(signal_frames),
		cmocka_unit_test(scopes_of_functions),
		cmocka_unit_test(code_mapped_twice),
		cmocka_unit_test(a_stack_that_goes_on),
		cmocka_unit_test(empty_snapshots),
		cmocka_unit_test(through_the_vdso),
		cmocka_unit_test(gone_process),
		cmocka_unit_test(repeated_stacks_are_shared),
		cmocka_unit_test(hostile_snapshots),
	};

#ifndef __x86_64__
	print_message("SKIPPED: snapshots of x86_64 alone\n");
	return 0;
#endif
	return cmocka_run_group_tests(tests, set_up, tear_down);
}
