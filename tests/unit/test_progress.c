/* SPDX-License-Identifier: BSD-2-Clause */
/* progress: nothing at first and nowhere but on a terminal, then a bar, and in the end nothing. */
#include <stdarg.h>
#include <setjmp.h>
#include <stddef.h>
#include <stdint.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "commands/progress.h"

static int terminal = -1, saved = -1;

/* Standard error is a terminal from now on. */
static int setup(void **state)
{
	int end;

	(void)state;
	terminal = posix_openpt(O_RDWR | O_NOCTTY | O_NONBLOCK);
	assert_true(terminal >= 0);
	assert_int_equal(grantpt(terminal) | unlockpt(terminal), 0);
	end = open(ptsname(terminal), O_RDWR | O_NOCTTY);
	assert_true(end >= 0);
	saved = dup(STDERR_FILENO);
	assert_true(dup2(end, STDERR_FILENO) >= 0);
	close(end);
	setenv("TERM", "xterm", 1);
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	dup2(saved, STDERR_FILENO);
	close(saved);
	close(terminal);
	return 0;
}

static const char *drawn(void)
{
	static char text[512];
	ssize_t len;

	fflush(stderr);
	len = read(terminal, text, sizeof(text) - 1);
	text[len > 0 ? len : 0] = '\0';
	return text;
}

static void a_quick_one_draws_nothing(void **state)
{
	struct progress progress = progress_begin(true);

	(void)state;
	progress_files(&progress, 1000);
	progress_stacks(&progress, 1);
	progress_end(&progress);
	assert_string_equal(drawn(), "");
}

static void a_slow_one_has_a_bar(void **state)
{
	struct progress progress = progress_begin(true);

	(void)state;
	progress.begun_ns = 0; /* long ago */
	progress.files = 4000000;
	progress_files(&progress, 1000000);
	assert_string_equal(drawn(), "\rReading descriptors "
				     "[#######.......................] 25 %, 1000000\033[K");
	progress.drawn_ns = 0;
	progress_files(&progress, 9000000); /* descriptors may be more than files */
	assert_non_null(strstr(drawn(), "] 99 %, 9000000"));
	progress.drawn_ns = 0;
	progress_stacks(&progress, 7);
	assert_string_equal(drawn(), "\rNaming stacks: 7 done\033[K");
	progress_end(&progress);
	assert_string_equal(drawn(), "\r\033[K");
	progress_end(&progress);
	assert_string_equal(drawn(), "");
}

static void not_wanted_or_no_terminal(void **state)
{
	struct progress progress = progress_begin(false);

	(void)state;
	progress.begun_ns = 0;
	progress_files(&progress, 1000);
	setenv("TERM", "dumb", 1);
	progress = progress_begin(true);
	progress.begun_ns = 0;
	progress_files(&progress, 1000);
	progress_end(&progress);
	assert_string_equal(drawn(), "");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(a_quick_one_draws_nothing, setup, teardown),
		cmocka_unit_test_setup_teardown(a_slow_one_has_a_bar, setup, teardown),
		cmocka_unit_test_setup_teardown(not_wanted_or_no_terminal, setup, teardown),
	};

	return cmocka_run_group_tests_name("progress", tests, NULL, NULL);
}
