/* SPDX-License-Identifier: BSD-2-Clause */
/* The help: of all commands, and of one. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "options/options.h"

/* Free with free(). COMMAND_COUNT: of all. */
static char *help_of(enum command command)
{
	char *help = NULL;
	size_t size;
	FILE *stream = open_memstream(&help, &size);

	assert_non_null(stream);
	if (command == COMMAND_COUNT)
		options_usage(stream);
	else
		options_help(stream, command);
	fclose(stream);
	return help;
}

/* Does a line of the help begin with the option? */
static bool has_option(const char *help, const struct option_spec *spec)
{
	char line[64];

	if (spec->letter)
		snprintf(line, sizeof(line), "\n  -%c, --%s", spec->letter, spec->name);
	else
		snprintf(line, sizeof(line), "\n      --%s", spec->name);
	while ((help = strstr(help, line)) && !strchr(" \n", help[strlen(line)]))
		help++; /* --debug, in front of --debuginfod */
	return help;
}

static void expect_narrow(char *help)
{
	for (char *line, *rest = help; (line = strsep(&rest, "\n"));)
		if (strlen(line) > 80 || (*line && line[strlen(line) - 1] == ' '))
			fail_msg("'%s'", line);
}

static void of_all(void **state)
{
	char *help = help_of(COMMAND_COUNT);

	(void)state;
	for (const struct option_spec *spec = option_next(NULL); spec; spec = option_next(spec)) {
		assert_true(has_option(help, spec));
		assert_non_null(option_group_title(spec->group));
	}
	assert_non_null(strstr(help, "(default: 5s)"));
	assert_non_null(strstr(help, "(default: 1M)"));
	assert_non_null(strstr(help, "(default: all but"));
	expect_narrow(help);
	free(help);
}

/* Its own options and no others, with its own defaults. */
static void of_one(void **state)
{
	(void)state;
	for (int i = 0; i < COMMAND_COUNT; i++) {
		enum command command = (enum command)i;
		char *help = help_of(command);

		for (const struct option_spec *spec = option_next(NULL); spec;
		     spec = option_next(spec))
			if (has_option(help, spec) != option_is_of(spec, command))
				fail_msg("--%s in the help of %s", spec->name,
					 command_name(command));
		assert_int_equal(!!strstr(help, "(default: 10000)"), command == COMMAND_SCAN);
		assert_null(strstr(help, "(trace, "));
		expect_narrow(help);
		free(help);
	}
}

static enum command subject(const char *a, const char *b, const char *c)
{
	char *argv[] = { (char[]){ "sockleak" }, (char *)a, (char *)b, (char *)c, NULL };
	int argc = 1;

	while (argv[argc])
		argc++;
	return options_help_subject(argc, argv);
}

static void subjects(void **state)
{
	(void)state;
	assert_int_equal(subject("--help", NULL, NULL), COMMAND_COUNT);
	assert_int_equal(subject("help", NULL, NULL), COMMAND_COUNT);
	assert_int_equal(subject("scan", "--help", NULL), COMMAND_SCAN);
	assert_int_equal(subject("-h", "scan", NULL), COMMAND_SCAN);
	assert_int_equal(subject("help", "scan", NULL), COMMAND_SCAN);
	assert_int_equal(subject("trace", "-h", NULL), COMMAND_TRACE);
	assert_int_equal(subject("--comm", "scan", "-h"), COMMAND_COUNT);
	assert_int_equal(subject("help", "help", NULL), COMMAND_HELP);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(of_all),
		cmocka_unit_test(of_one),
		cmocka_unit_test(subjects),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
