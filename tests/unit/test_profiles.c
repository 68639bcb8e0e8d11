/* SPDX-License-Identifier: BSD-2-Clause */
/* profiles: what is refused before anything is watched. */
#include <stdarg.h>
#include <setjmp.h>
#include <stddef.h>
#include <stdint.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "lib/text.h"
#include "options/options.h"
#include "watch/output/profiles.h"

#define ABSENT "/tmp/sockleak-test-that-is-not-there"

static void expect_refusal(const struct options *options, const char *error)
{
	struct text found = TEXT_INIT;

	assert_int_equal(profiles_check(options, &found), -EINVAL);
	assert_string_equal(text_str(&found), error);
	text_free(&found);
}

static void two_outputs_of_one_file_are_refused(void **state)
{
	struct options run = { .command = COMMAND_RUN, .output = ABSENT, .junit = ABSENT };
	struct options scan = { .command = COMMAND_SCAN,
				.pprof = ABSENT,
				.folded = "/tmp/../tmp/sockleak-test-that-is-not-there" };
	struct options agent = { .command = COMMAND_AGENT, .pprof = ABSENT, .textfile = ABSENT };
	struct options null = { .command = COMMAND_SCAN,
				.output = "/dev/null",
				.pprof = "/dev/null" };
	struct text error = TEXT_INIT;

	(void)state;
	expect_refusal(&run,
		       "--output and --junit are both " ABSENT " (give each a file of its own)");
	expect_refusal(&scan, "--pprof and --folded are both /tmp/../tmp/sockleak-test-that-is-"
			      "not-there (give each a file of its own)");
	expect_refusal(&agent,
		       "--pprof and --textfile are both " ABSENT " (give each a file of its own)");
	assert_int_equal(profiles_check(&null, &error), 0);
}

static void a_dash_is_not_a_file(void **state)
{
	struct options options = { .command = COMMAND_SCAN, .folded = "-" };

	(void)state;
	expect_refusal(&options, "--folded -: name a file; /dev/stdout is standard output");
}

/* A file in the place of standard output, which has the report too. */
static void the_report_and_a_profile_do_not_mix(void **state)
{
	struct options options = { .command = COMMAND_SCAN, .pprof = "/dev/stdout" };
	char path[] = "/tmp/sockleak-profiles-XXXXXX";
	struct text found = TEXT_INIT, other = TEXT_INIT;
	int before = dup(STDOUT_FILENO), fd = mkstemp(path), err, other_err;

	(void)state;
	assert_true(before >= 0 && fd >= 0);
	assert_int_equal(dup2(fd, STDOUT_FILENO), STDOUT_FILENO);
	err = profiles_check(&options, &found);
	options.output = ABSENT;
	other_err = profiles_check(&options, &other);
	assert_int_equal(dup2(before, STDOUT_FILENO), STDOUT_FILENO);
	close(before);
	close(fd);
	unlink(path);
	assert_int_equal(err, -EINVAL);
	assert_string_equal(text_str(&found), "--pprof /dev/stdout: the report goes there (give it "
					      "a file with --output)");
	assert_int_equal(other_err, 0);
	text_free(&found);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(two_outputs_of_one_file_are_refused),
		cmocka_unit_test(a_dash_is_not_a_file),
		cmocka_unit_test(the_report_and_a_profile_do_not_mix),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
