/* SPDX-License-Identifier: BSD-2-Clause */
/* input: the command line and the file of its --config, read together. */
#include "config_fixture.h"

static void command_line_counts_more(void **state)
{
	static const char *const words[] = { "--unit", "c", "--older-than=7s", NULL };
	struct input *input = accept("older-than = 2m\nunit = a\nunit = b\njson = yes\n", words);

	(void)state;
	assert_int_equal(input->options.older_than_ns, 7 * SECOND);
	assert_int_equal(input->options.units.count, 1);
	assert_string_equal(input->options.units.items[0], "c");
	assert_int_equal(input->options.top, 10); /* not an agent's: for who reads it, too */
	input__free(input);
}

/* Reads a command line without a file; up to seven words. */
static int read_words(const char *const *words, struct input **ret_input, struct text *error)
{
	static char *argv[9];
	int argc = 0;

	argv[argc++] = (char[]){ "sockleak" };
	while (*words)
		argv[argc++] = (char *)*words++;
	argv[argc] = NULL;
	return input__read(argc, argv, ret_input, error);
}

static void without_a_file_there_is_the_command_line(void **state)
{
	static const char *const words[] = { "agent", "--older-than", "7s", "--unit", "a", NULL };
	_cleanup_text_ struct text error = TEXT_INIT;
	struct input *input = NULL;

	(void)state;
	assert_int_equal(read_words(words, &input, &error), OPTIONS_RUN);
	assert_int_equal(input->options.command, COMMAND_AGENT);
	assert_int_equal(input->options.older_than_ns, 7 * SECOND);
	assert_null(input->config);
	assert_null(input->options.config);
	input__free(input);
	input__free(NULL);
}

static void expect_untouched(const char *const *words, int result, const char *message)
{
	_cleanup_text_ struct text error = TEXT_INIT;
	struct input *input = (struct input *)words;

	assert_int_equal(read_words(words, &input, &error), result);
	assert_ptr_equal(input, words);
	if (!strstr(text_str(&error), message) || strchr(text_str(&error), '\n'))
		fail_msg("'%s', not '%s'", text_str(&error), message);
}

/* Nothing is given back but when something is to be run. */
static void help_and_errors_give_no_input(void **state)
{
	static const char *const help[] = { "trace", "--help", NULL },
				 *const version[] = { "--version", NULL },
				 *const unknown[] = { "trace", "--unkown", NULL },
				 *const no_file[] = { "agent", "--config", "/no/such", NULL },
				 *const empty[] = { "agent", "--config", "", NULL };

	(void)state;
	expect_untouched(help, OPTIONS_HELP, "");
	expect_untouched(version, OPTIONS_VERSION, "");
	expect_untouched(unknown, -EINVAL, "--unkown");
	expect_untouched(no_file, -EINVAL, "cannot read --config /no/such: No such file");
	expect_untouched(empty, -EINVAL, "--config '' is empty");
}

/* Also what stands behind --help in a file that would be refused. */
static void a_file_that_is_refused_is_no_input(void **state)
{
	(void)state;
	refuse("older-than = never\n", "line 1: --older-than 'never'");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(command_line_counts_more),
		cmocka_unit_test(without_a_file_there_is_the_command_line),
		cmocka_unit_test(help_and_errors_give_no_input),
		cmocka_unit_test(a_file_that_is_refused_is_no_input),
	};

	return cmocka_run_group_tests_name("input", tests, NULL, remove_config);
}
