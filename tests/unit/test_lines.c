/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * lines: the file and line of a frame, out of libraries built here (with cc) whose lines are
 * known.
 */
#include "symbols_fixture.h"

static void lines(void **state)
{
	(void)state;
	write_file("where.c", source);
	assert_int_equal(run("gcc -g -O1 -shared -fPIC -o lines.so where.c"), 0);
	check_line("lines.so", 9);
	assert_int_equal(run("gcc -gdwarf-4 -O1 -shared -fPIC -o lines4.so where.c"), 0);
	check_line("lines4.so", 9);
	/* addresses that are not offsets in the file */
	assert_int_equal(run("gcc -g -O1 -shared -fPIC -Wl,-Ttext-segment=0x10000 -o moved.so "
			     "where.c"),
			 0);
	check_line("moved.so", 9);
	assert_int_equal(run("strip -o stripped.so lines.so"), 0);
	check_line("stripped.so", 0);
}

/* clang writes no .debug_aranges, by which libdwfl looks for lines. */
static void lines_by_clang(void **state)
{
	(void)state;
	write_file("where.c", source);
	if (run("clang -g -O1 -shared -fPIC -o clang.so where.c 2>/dev/null")) {
		print_message("SKIPPED: no clang\n");
		skip();
	}
	check_line("clang.so", 9);
}

/* A unit of gcc's whose cold part is far from the rest: what lies between is not its own. */
static const char two_parts[] = "#include <stdlib.h>\n"
				"int part(int number);\n"
				"__attribute__((cold, noinline)) static void end(int number)\n"
				"{\n"
				"	if (number)\n"
				"		abort();\n"
				"	_Exit(1);\n"
				"}\n"
				"int part(int number)\n"
				"{\n"
				"	if (number > 1000)\n"
				"		end(number);\n"
				"	return number;\n"
				"}\n";

/*
 * Beside it a unit that has no .debug_aranges, or no debug information at all. libdwfl of
 * elfutils 0.188 answers with the other one for it, and so with another one's line.
 */
static void lines_of_neighbours(void **state)
{
	(void)state;
	write_file("where.c", source);
	write_file("parts.c", two_parts);
	assert_int_equal(run("gcc -g -O2 -fPIC -c parts.c && gcc -O1 -fPIC -c where.c && "
			     "gcc -shared -o plain.so where.o parts.o"),
			 0);
	check_line_of("plain.so", 0, true);
	if (run("clang -g -O1 -fPIC -c where.c 2>/dev/null")) {
		print_message("SKIPPED: no clang\n");
		skip();
	}
	assert_int_equal(run("gcc -shared -o mixed.so where.o parts.o"), 0);
	check_line("mixed.so", 9);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(lines),
		cmocka_unit_test(lines_by_clang),
		cmocka_unit_test(lines_of_neighbours),
	};

	return cmocka_run_group_tests(tests, set_up, tear_down);
}
