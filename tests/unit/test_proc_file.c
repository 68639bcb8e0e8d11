/* SPDX-License-Identifier: BSD-2-Clause */
/* Small files of /proc: whole, cut, of a process that is not there, and their fields. */
#define _GNU_SOURCE 1
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "lib/proc_file.h"

static void files_are_strings(void **state)
{
	char text[64], cut[3];
	int proc = open("/proc/self", O_PATH | O_DIRECTORY | O_CLOEXEC);

	(void)state;
	assert_int_equal(proc_file_read("/proc/self/comm", text, sizeof(text)), 15);
	assert_string_equal(text, "test_proc_file\n");
	assert_int_equal(proc_file_read_at(proc, "comm", cut, sizeof(cut)), 2);
	assert_string_equal(cut, "te");
	assert_int_equal(proc_file_read_of(getpid(), "comm", text, sizeof(text)), 15);
	close(proc);
}

static void what_is_not_there(void **state)
{
	char text[64] = "untouched";

	(void)state;
	assert_int_equal(proc_file_read("/proc/nothing", text, sizeof(text)), -ENOENT);
	assert_int_equal(proc_file_read_of(INT32_MAX, "comm", text, sizeof(text)), -ESRCH);
	assert_int_equal(proc_file_read("/proc", text, sizeof(text)), -EISDIR);
	assert_string_equal(text, "untouched");
}

static void more_than_the_kernel_gives_at_once(void **state)
{
	static char text[1024 * 1024];
	ssize_t len = proc_file_read("/proc/kallsyms", text, sizeof(text));

	(void)state;
	assert_int_equal(len, sizeof(text) - 1);
	assert_int_equal(strlen(text), len);
}

static void fields_begin_lines(void **state)
{
	const char *text = "Name:\tTgid:\nTgid:\t  42\nMax open files   7\nPid:";

	(void)state;
	assert_int_equal(atoi(proc_file_field(text, "Tgid:")), 42);
	assert_int_equal(atoi(proc_file_field(text, "Max open files")), 7);
	assert_string_equal(proc_file_field(text, "Pid:"), "");
	assert_null(proc_file_field(text, "open files"));
	assert_null(proc_file_field("", "Tgid:"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(files_are_strings),
		cmocka_unit_test(what_is_not_there),
		cmocka_unit_test(more_than_the_kernel_gives_at_once),
		cmocka_unit_test(fields_begin_lines),
	};

	return cmocka_run_group_tests_name("proc_file", tests, NULL, NULL);
}
