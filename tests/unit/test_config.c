/* SPDX-License-Identifier: BSD-2-Clause */
/* config: the lines of the file of --config, and what it may not say. */
#include "config_fixture.h"

static void lines(void **state)
{
	struct input *input = accept("# a comment\n"
				     "[agent]\n"
				     "older-than = 2m ; another\n"
				     "textfile = /a b/c.prom\n"
				     "debuginfod = yes\n"
				     "quiet=no\n"
				     "unit = a\n"
				     "unit = b.service\n",
				     NULL);

	(void)state;
	assert_int_equal(input->options.older_than_ns, 120 * SECOND);
	assert_string_equal(input->options.textfile, "/a b/c.prom");
	assert_true(input->options.debuginfod);
	assert_false(input->options.quiet);
	assert_int_equal(input->options.units.count, 2);
	assert_string_equal(input->options.units.items[1], "b.service");
	input__free(input);
}

static void refused(void **state)
{
	char long_line[4096] = "textfile = /";

	(void)state;
	refuse("older-then = 1m\n", ", line 1: option 'older-then' is not known (did you mean "
				    "'--older-than'?)");
	refuse("\n# x\nolder-than = soon\n", ", line 3: --older-than 'soon'");
	refuse("pid = 1\npid = 1\n", ", line 2: 'pid' is given twice");
	refuse("help = yes\n", "'help' belongs on the command line");
	refuse("config = /x\n", "'config' belongs on the command line");
	refuse("quiet = perhaps\n", "--quiet 'perhaps' is neither yes nor no");
	refuse("duration = 1h\n", ", line 1: 'duration' is for: trace; none of them reads a file");
	refuse("nonsense\n", ", line 1: not 'NAME = VALUE'");
	refuse("textfile =\n", "--textfile '' is empty");
	refuse("\x1b[2J = 1\n", "line 1");
	memset(long_line + 12, 'x', sizeof(long_line) - 14);
	long_line[sizeof(long_line) - 2] = '\n';
	refuse(long_line, "line");
}

static void unreadable(void **state)
{
	_cleanup_text_ struct text error = TEXT_INIT;
	const char *path = config_file("");
	struct config *config = NULL;

	(void)state;
	assert_int_equal(config__load("/no/such", &config, &error), -EINVAL);
	assert_string_equal(text_str(&error),
			    "cannot read --config /no/such: No such file or directory");
	text_clear(&error);
	assert_int_equal(config__load("/", &config, &error), -EINVAL);
	assert_string_equal(text_str(&error), "cannot read --config /: Is a directory");
	unlink(path);
	assert_int_equal(mkfifo(path, 0600), 0);
	text_clear(&error);
	assert_int_equal(config__load(path, &config, &error), -EINVAL); /* and does not block */
	assert_non_null(strstr(text_str(&error), "not a regular file"));
	assert_null(config);
}

static void too_many_lines(void **state)
{
	char *content = calloc(5000, 16);

	(void)state;
	for (int i = 0; i < 5000; i++)
		strcpy(content + strlen(content), "unit = a\n");
	refuse(content, "there are too many lines");
	free(content);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(lines),
		cmocka_unit_test(refused),
		cmocka_unit_test(unreadable),
		cmocka_unit_test(too_many_lines),
	};

	return cmocka_run_group_tests_name("config", tests, NULL, remove_config);
}
