/* SPDX-License-Identifier: BSD-2-Clause */
/* unwind: the frames of code that is inlined, stripped, mapped twice, called by a signal. */
#include "unwind_fixture.h"
#include "stacks/culprit.h"

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

/* The program's code is copied to anonymous memory in its own place, as to large pages. */
static const char remapped[] =
	"#define _GNU_SOURCE\n"
	"#include <stdint.h>\n"
	"#include <string.h>\n"
	"#include <sys/mman.h>\n"
	"#include <sys/socket.h>\n"
	"extern char __executable_start, etext;\n"
	"__attribute__((noipa)) int opens(void)\n"
	"{\n"
	"	return socket(AF_INET, SOCK_STREAM, 0) + 1;\n" /* line 9 */
	"}\n"
	"__attribute__((noipa)) int begins(void) { return opens() + 1; }\n"
	"int main(int argc, char **argv)\n"
	"{\n"
	"	char *from = (char *)((uintptr_t)main & -4096L);\n"
	"	char *to = (char *)(((uintptr_t)&etext + 4095) & -4096L), *copy;\n"
	"	copy = mmap(0, to - from, PROT_READ | PROT_WRITE | PROT_EXEC,\n"
	"		    MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);\n"
	"	memcpy(copy, from, to - from);\n"
	"	if (argv[1][0] == 'o') /* behind the code: it is another program's from here on "
	"*/\n"
	"		copy[to - from - 1] ^= 1;\n"
	"	mremap(copy, to - from, to - from, MREMAP_MAYMOVE | MREMAP_FIXED, from);\n"
	"	return begins() + argc;\n"
	"}\n";

static void inlined_functions(void **state)
{
	struct stack *stack = stack_of("program", "plain");
	const struct frame *frame;

	(void)state;
	assert_true(stack->frames[0].kind);
	assert_int_equal(stack->frames[0].source, FRAME_REGISTER);
	frame = expect(stack, 1, "innermost", 9, true);
	assert_ptr_equal(culprit_place(stack).frame, frame);
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
	struct stack *with = stack_of("program", "plain"),
		     *without = stack_of("named/program", "plain"),
		     *bare = stack_of("bare", "plain");

	(void)state;
	assert_string_equal(without->frames[1].function, "make");
	assert_false(without->frames[1].has_debug);
	assert_null(bare->frames[1].function);
	assert_non_null(without->frames[1].module);
	assert_string_equal(without->frames[1].build_id, with->frames[3].build_id);
	assert_int_equal(with->count, without->count + 2);
	assert_true(with->site != 0 && with->site == without->site);
	assert_true(bare->site != 0 && bare->site != with->site); /* by offset: it has no name */
	stack_unref(bare);
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

static void code_in_the_place_of_a_file(void **state)
{
	static const char *const ways[] = { "-no-pie -fno-pie", "-pie -fPIE" };
	struct stack *stack;

	(void)state;
	write_file("remapped.c", remapped);
	for (size_t i = 0; i < 2; i++) {
		run("gcc -g -O1 %s -o remapped remapped.c", ways[i]);
		stack = stack_of("remapped", "same");
		expect(stack, 1, "opens", 9, false);
		expect(stack, 2, "begins", 11, false);
		assert_string_equal(stack->frames[3].function, "main");
		assert_int_equal(stack->frames[3].source, FRAME_CFI);
		expect_outermost(stack);
		stack_unref(stack);
		/* a copy that is none is code of nobody's */
		stack = stack_of("remapped", "other");
		assert_null(stack->frames[1].function);
		assert_null(stack->frames[1].module);
		assert_true(stack->truncated);
		stack_unref(stack);
	}
}

/* lld has put several segments into the file's first page, so each is mapped from offset 0. */
static void a_small_file_of_lld(void **state)
{
	struct stack *stack;

	(void)state;
	if (system("command -v ld.lld >/dev/null")) {
		print_message("SKIPPED: no ld.lld\n");
		skip();
	}
	write_file("small.c", "#include <sys/socket.h>\n"
			      "__attribute__((noipa)) int opens(void)\n"
			      "{\n"
			      "	return socket(AF_INET, SOCK_STREAM, 0) + 1;\n"
			      "}\n"
			      "int main(void) { return opens() + 1; }\n");
	run("gcc -O1 -fuse-ld=lld -pie -fPIE -o small small.c");
	stack = stack_of("small", "plain");
	assert_string_equal(stack->frames[1].function, "opens");
	assert_string_equal(stack->frames[2].function, "main");
	for (unsigned int i = 1; i < stack->count; i++)
		assert_int_equal(stack->frames[i].source, FRAME_CFI);
	expect_outermost(stack);
	stack_unref(stack);
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

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(inlined_functions),
		cmocka_unit_test(same_site_without_debug),
		cmocka_unit_test(other_debug_formats),
		cmocka_unit_test(signal_frames),
		cmocka_unit_test(scopes_of_functions),
		cmocka_unit_test(code_mapped_twice),
		cmocka_unit_test(code_in_the_place_of_a_file),
		cmocka_unit_test(a_small_file_of_lld),
		cmocka_unit_test(a_stack_that_goes_on),
		cmocka_unit_test(repeated_stacks_are_shared),
	};

	return cmocka_run_group_tests(tests, set_up, tear_down);
}
