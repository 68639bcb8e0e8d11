/* SPDX-License-Identifier: BSD-2-Clause */
/* symbol_at: functions of one name in two files of a module, by symbols.h. */
#include "symbols_fixture.h"

/* A library of a.c and b.c, built in this directory by these flags. */
static void build(const char *where, const char *flags)
{
	char command[1024];

	snprintf(command, sizeof(command),
		 "mkdir -p %s && cp a.c b.c %s && cd %s && gcc -O2 -shared -fPIC %s a.c b.c -o "
		 "lib.so",
		 where, where, where, flags);
	assert_int_equal(run(command), 0);
}

/* The stack of what this exported pointer of the library points into. */
static struct stack *stack_at(void *library, const char *pointer)
{
	const char *const *code = dlsym(library, pointer);

	assert_non_null(code);
	return resolve_one(address(*code) + 1);
}

/* The sites of the two functions; `local_to`: a.c and b.c tell them apart. */
static void find_sites(const char *path, bool local_to, __u64 sites[2])
{
	static const char *const pointers[] = { "in_a", "in_b" }, *const files[] = { "a.c", "b.c" };
	void *library = load(path);

	for (int i = 0; i < 2; i++) {
		struct stack *stack = stack_at(library, pointers[i]);

		assert_string_equal(stack->frames[0].function, "open_one");
		if (local_to)
			assert_string_equal(stack->frames[0].local_to, files[i]);
		else
			assert_null(stack->frames[0].local_to);
		sites[i] = stack->site;
		stack_unref(stack);
	}
	dlclose(library);
}

static void write_sources(void)
{
	write_file("a.c", "static int __attribute__((noipa)) open_one(void) { return 1; }\n"
			  "int (*in_a)(void) = open_one;\n");
	write_file("b.c", "static int __attribute__((noipa)) open_one(void) { return 2; }\n"
			  "int (*in_b)(void) = open_one;\n"
			  "static int __attribute__((noipa)) only_here(void) { return 3; }\n"
			  "int (*only)(void) = only_here;\n");
}

/* Two sites, which are the same with and without debug information and in another directory. */
static void two_files_are_two_sites(void **state)
{
	__u64 sites[2], others[2];

	(void)state;
	write_sources();
	build("plain", "");
	find_sites("plain/lib.so", true, sites);
	assert_true(sites[0] != sites[1]);
	build("debug/of/another", "-g");
	find_sites("debug/of/another/lib.so", true, others);
	assert_memory_equal(sites, others, sizeof(sites));
	assert_int_equal(run("cd debug/of/another && objcopy --only-keep-debug lib.so lib.debug && "
			     "strip lib.so && objcopy --add-gnu-debuglink=lib.debug lib.so"),
			 0);
	find_sites("debug/of/another/lib.so", true, others);
	assert_memory_equal(sites, others, sizeof(sites));
}

/* What has no namesake keeps the id that it has by its name alone. */
static void one_function_is_of_no_file(void **state)
{
	struct stack *stack;
	void *library;

	(void)state;
	write_sources();
	build("only", "-g");
	library = load("only/lib.so");
	stack = stack_at(library, "only");
	assert_string_equal(stack->frames[0].function, "only_here");
	assert_null(stack->frames[0].local_to);
	stack_unref(stack);
	dlclose(library);
}

/* A copy that the compiler made of a function is no namesake, nor is one in the same file. */
static void copies_are_of_one_name(void **state)
{
	struct stack *stack;
	void *library;

	(void)state;
	write_file("copies.s", ".file \"copies.c\"\n.text\n"
			       ".type work,@function\nwork: .fill 16,1,0x90\n.size work, 16\n"
			       ".type work.part.0,@function\nwork.part.0: .fill 16,1,0x90\n"
			       ".size work.part.0, 16\n"
			       ".data\n.globl copy\ncopy: .quad work.part.0\n"
			       ".section .note.GNU-stack,\"\",@progbits\n");
	assert_int_equal(run("gcc -shared -nostdlib -o copies.so copies.s"), 0);
	library = load("copies.so");
	stack = stack_at(library, "copy");
	assert_string_equal(stack->frames[0].function, "work");
	assert_null(stack->frames[0].local_to);
	stack_unref(stack);
	dlclose(library);
}

/* Without the entries of files, as in mini debug information, both are one. */
static void without_files_they_are_one(void **state)
{
	__u64 sites[2];

	(void)state;
	write_sources();
	build("mini", "");
	assert_int_equal(run("cd mini && objcopy -N a.c -N b.c -N crtstuff.c lib.so"), 0);
	find_sites("mini/lib.so", false, sites);
	assert_true(sites[0] == sites[1]);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(two_files_are_two_sites),
		cmocka_unit_test(one_function_is_of_no_file),
		cmocka_unit_test(copies_are_of_one_name),
		cmocka_unit_test(without_files_they_are_one),
	};

	return cmocka_run_group_tests(tests, set_up, tear_down);
}
