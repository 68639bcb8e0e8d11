/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * lines: debug information in the forms that compilers and packages give it: link-time
 * optimization, split DWARF, what dwz moved to another file, zstd; and a file that was overwritten.
 */
#include "symbols_fixture.h"

#include <time.h>

/* The frame of where() in a library, which is loaded for it. */
static struct stack *where_in(const char *name)
{
	void *library = load(name);
	void *(*where)(void) = (void *(*)(void))dlsym(library, "where");
	struct stack *stack;

	assert_non_null(where);
	stack = resolve_one(address(where()));
	dlclose(library);
	return stack;
}

static void link_time_optimization(void **state)
{
	(void)state;
	write_file("where.c", source);
	assert_int_equal(run("gcc -g -O1 -flto -shared -fPIC -o lto.so where.c 2>/dev/null"), 0);
	check_line("lto.so", 9);
}

static void expect_trouble(const char *name, enum frame_trouble trouble)
{
	struct stack *stack = where_in(name);
	const struct frame *frame = &stack->frames[0];

	assert_string_equal(frame->function, "where");
	assert_null(frame->file);
	assert_int_equal(frame->line, 0);
	assert_int_equal(frame->trouble, trouble);
	assert_true(frame->has_debug); /* nothing is to be installed */
	stack_unref(stack);
}

/* The line of the call is one of via(), which is inlined: alone it would be told as where()'s. */
static const char inlining[] = "void *last;\n"
			       "__attribute__((noinline)) static void note(void)\n"
			       "{\n"
			       "	last = __builtin_return_address(0);\n"
			       "}\n"
			       "static inline __attribute__((always_inline)) void *via(void)\n"
			       "{\n"
			       "	note();\n"
			       "	return last;\n"
			       "}\n"
			       "void *where(void) { return via(); }\n";

static void split_units(void **state)
{
	static const char *const formats[] = { "-gdwarf-5", "-gdwarf-4" };

	(void)state;
	write_file("inlined.c", inlining);
	for (size_t i = 0; i < 2; i++) {
		assert_int_equal(run("gcc %s -gsplit-dwarf -O1 -w -shared -fPIC -o split%zu.so "
				     "inlined.c",
				     formats[i], i),
				 0);
		expect_trouble(i ? "split1.so" : "split0.so", TROUBLE_SPLIT);
	}
}

/* Neither objcopy nor gcc of Debian 12 compresses so: what zlib did is given the other's number. */
static void compressed_with_zstd(void **state)
{
	(void)state;
	write_file("where.c", source);
	write_file("renumber.py",
		   "import struct, sys\n"
		   "data = bytearray(open('zlib.so', 'rb').read())\n"
		   "at, = struct.unpack_from('<Q', data, 40)\n"
		   "size, count = struct.unpack_from('<HH', data, 58)\n"
		   "for i in range(count):\n"
		   "    flags, _, offset = struct.unpack_from('<QQQ', data, at + i * size + 8)\n"
		   "    if flags & 0x800:\n"
		   "        struct.pack_into('<I', data, offset, 2)\n"
		   "open('zstd.so', 'wb').write(data)\n");
	assert_int_equal(run("gcc -g -gz=zlib -O1 -shared -fPIC -o zlib.so where.c && "
			     "python3 renumber.py"),
			 0);
	check_line("zlib.so", 9);
	expect_trouble("zstd.so", TROUBLE_COMPRESSION);
}

/* Two libraries, the common part of whose debug information dwz moves to a third file. */
static void build_dwz(const char *name)
{
	if (system("command -v dwz >/dev/null")) {
		print_message("SKIPPED: no dwz\n");
		skip();
	}
	assert_int_equal(run("for i in one two; do gcc -g -O1 -shared -fPIC -Wl,--build-id "
			     "-o $i.so where.c; done && mkdir -p below && rm -f common && "
			     "dwz -m below/common -M %s one.so two.so && test -s below/common",
			     name),
			 0);
}

static void moved_by_dwz(void **state)
{
	char absolute[PATH_MAX];

	(void)state;
	write_file("where.c", "#include <stdio.h>\n#include <stdlib.h>\n#include <sys/stat.h>\n");
	assert_int_equal(run("for i in 4 5 6 7 8 9; do echo >> where.c; done"), 0);
	write_file("rest.c", source);
	assert_int_equal(run("{ printf '#line 1\\n'; cat rest.c; } >> where.c"), 0);
	build_dwz("below/common"); /* from the directory of the library */
	check_line("one.so", 9);
	snprintf(absolute, sizeof(absolute), "%s/below/common", directory);
	build_dwz(absolute);
	check_line("two.so", 9);
	assert_int_equal(run("gcc -g -O2 -shared -fPIC -o other.so where.c -Wl,--build-id && "
			     "objcopy --only-keep-debug other.so below/common"),
			 0); /* of another build */
	check_line("one.so", 0);
}

static bool tells_birth(const char *name)
{
	struct statx st;

	return !statx(AT_FDCWD, path_of(name), 0, STATX_BTIME, &st) && st.stx_mask & STATX_BTIME;
}

/* Run a program that has a library loaded and sleeps; its pid, when it sleeps. */
static pid_t run_with_library(void)
{
	char byte = 0;
	int pipes[2];
	pid_t pid;

	assert_int_equal(pipe(pipes), 0);
	pid = fork();
	assert_true(pid >= 0);
	if (!pid) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		dup2(pipes[1], STDOUT_FILENO);
		execl(path_of("sleeper"), "sleeper", NULL);
		_exit(127);
	}
	close(pipes[1]);
	assert_int_equal(read(pipes[0], &byte, 1), 1);
	close(pipes[0]);
	return pid;
}

/* What its where() has returned: the program writes it into its own name for the test. */
static __u64 pc_of(pid_t pid)
{
	unsigned long long pc = 0;
	char path[64];
	FILE *comm;

	snprintf(path, sizeof(path), "/proc/%d/comm", pid);
	comm = fopen(path, "re");
	assert_non_null(comm);
	assert_int_equal(fscanf(comm, "%llx", &pc), 1);
	fclose(comm);
	return pc;
}

static void overwritten_in_place(void **state)
{
	struct timespec while_files_have_other_times = { 0, 300000000 };
	struct stack *before, *after;
	pid_t pid;
	__u64 pc;

	(void)state;
	write_file("where.c", source);
	write_file("sleeper.c", "#include <stdio.h>\n#include <sys/prctl.h>\n#include <unistd.h>\n"
				"void *where(void);\n"
				"int main(void) { char name[16];\n"
				"	snprintf(name, 16, \"%lx\", (long)where());\n"
				"	prctl(PR_SET_NAME, name); write(1, name, 1); pause(); }\n");
	assert_int_equal(run("gcc -g -O1 -shared -fPIC -o libwhere.so where.c && "
			     "gcc -w -o sleeper sleeper.c -L. -lwhere -Wl,-rpath,$PWD"),
			 0);
	if (!tells_birth("libwhere.so")) {
		print_message("SKIPPED: this file system does not say when a file was made\n");
		skip();
	}
	pid = run_with_library();
	pc = pc_of(pid);
	before = resolve_of(pid, &pc, 1, 0);
	assert_string_equal(before->frames[0].function, "where");
	assert_int_equal(before->frames[0].trouble, TROUBLE_NONE);
	nanosleep(&while_files_have_other_times, NULL);
	assert_int_equal(run("cp libwhere.so copy && cat copy > libwhere.so"), 0);
	symbols__free(symbols);
	symbols = symbols__new();
	after = resolve_of(pid, &pc, 1, 0);
	assert_null(after->frames[0].function);
	assert_null(after->frames[0].build_id);
	assert_string_equal(after->frames[0].module, before->frames[0].module);
	assert_true(after->frames[0].offset == before->frames[0].offset);
	assert_int_equal(after->frames[0].trouble, TROUBLE_OVERWRITTEN);
	stack_unref(before);
	stack_unref(after);
	kill(pid, SIGKILL);
	waitpid(pid, NULL, 0);
	/* one that begins now has what is there now */
	pid = run_with_library();
	pc = pc_of(pid);
	after = resolve_of(pid, &pc, 1, 0);
	assert_string_equal(after->frames[0].function, "where");
	stack_unref(after);
	kill(pid, SIGKILL);
	waitpid(pid, NULL, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(link_time_optimization), cmocka_unit_test(split_units),
		cmocka_unit_test(compressed_with_zstd),	  cmocka_unit_test(moved_by_dwz),
		cmocka_unit_test(overwritten_in_place),
	};

	return cmocka_run_group_tests(tests, set_up, tear_down);
}
