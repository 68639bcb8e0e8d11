/* SPDX-License-Identifier: BSD-2-Clause */
/* host_files: what the kernel says of open files, and texts that are not its own. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

#include "host/host_files.h"

static void expect(const char *text, __u64 wanted_open, __u64 wanted_max)
{
	__u64 open = 0, max = 0;

	assert_int_equal(host_files_parse(text, &open, &max), 0);
	assert_int_equal(open, wanted_open);
	assert_int_equal(max, wanted_max);
}

static void texts_of_the_kernel(void **state)
{
	(void)state;
	expect("2976\t0\t9223372036854775807\n", 2976, 9223372036854775807ULL);
	/* Linux before 2.6 kept some for later; more than all cannot be. */
	expect("100\t30\t1000\n", 70, 1000);
	expect("100\t130\t1000\n", 100, 1000);
}

static void other_texts(void **state)
{
	static const char *const texts[] = { "", "\n", "1 2\n", "one 0 2\n", "1\t\tx\n" };
	__u64 open = 7, max = 8;

	(void)state;
	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++)
		assert_int_equal(host_files_parse(texts[i], &open, &max), -EPROTO);
	assert_int_equal(open, 7);
	assert_int_equal(max, 8);
}

/* How many files the host has more while this process has 500 more. */
static long long more_with_500(void)
{
	__u64 before, after, max;
	int fds[500];

	assert_int_equal(host_files(&before, &max), 0);
	for (int i = 0; i < 500; i++) {
		fds[i] = open("/dev/null", O_RDONLY);
		assert_true(fds[i] >= 0);
	}
	assert_int_equal(host_files(&after, &max), 0);
	for (int i = 0; i < 500; i++)
		close(fds[i]);
	assert_true(max > after);
	return (long long)(after - before);
}

/* Others open and close files meanwhile, but not each time. */
static void files_of_this_process_count(void **state)
{
	int tries = 0;

	(void)state;
	while (llabs(more_with_500() - 500) > 250)
		assert_true(++tries < 20);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(texts_of_the_kernel),
		cmocka_unit_test(other_texts),
		cmocka_unit_test(files_of_this_process_count),
	};

	return cmocka_run_group_tests_name("host_files", tests, NULL, NULL);
}
