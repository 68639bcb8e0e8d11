/* SPDX-License-Identifier: BSD-2-Clause */
/* The file of --config: its lines, what counts more, and what it may not say. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <errno.h>
#include <sys/stat.h>

#include "config_fixture.h"
#include "options/input.h"
#include "options/option_values.h"

#define SECOND 1000000000ULL

/* `sockleak agent --config FILE WORD...`; up to three words, NULL ends. */
static int read_input(const char *content, const char *const *words, struct input **ret_input,
		      struct text *error)
{
	static char *argv[8];
	int argc = 0;

	argv[argc++] = (char[]){ "sockleak" };
	argv[argc++] = (char[]){ "agent" };
	argv[argc++] = (char[]){ "--config" };
	argv[argc++] = (char *)config_file(content);
	while (words && *words)
		argv[argc++] = (char *)*words++;
	argv[argc] = NULL;
	return input__read(argc, argv, ret_input, error);
}

static struct input *accept(const char *content, const char *const *words)
{
	_cleanup_text_ struct text error = TEXT_INIT;
	struct input *input = NULL;

	if (read_input(content, words, &input, &error) != OPTIONS_RUN)
		fail_msg("'%s': %s", content, text_str(&error));
	return input;
}

static void refuse(const char *content, const char *message)
{
	_cleanup_text_ struct text error = TEXT_INIT;
	struct input *input = NULL;

	assert_int_equal(read_input(content, NULL, &input, &error), -EINVAL);
	assert_null(input);
	if (!strstr(text_str(&error), message) || strchr(text_str(&error), '\n'))
		fail_msg("'%s': '%s', not '%s'", content, text_str(&error), message);
}

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

static void what_can_change(void **state)
{
	struct input *running = accept("max-sockets = 100\ninterval = 1s\nunit = a\n", NULL);
	struct input *wanted =
		accept("max-sockets = 200\ninterval = 2s\nuid = 7\nunit = b\n", NULL);
	_cleanup_text_ struct text kept = TEXT_INIT;

	(void)state;
	assert_int_equal(input__keep_fixed(wanted, running, &kept), 0);
	assert_string_equal(text_str(&kept), "uid, max-sockets");
	assert_int_equal(wanted->options.max_sockets, 100);
	assert_int_equal(wanted->options.interval_ns, 2 * SECOND);
	assert_false(wanted->options.by_uid);
	assert_string_equal(wanted->options.units.items[0], "b");
	input__free(running);
	input__free(wanted);
}

/* The kernel's side is loaded with or without a look at cgroups. */
static void cgroups_or_none_is_fixed(void **state)
{
	struct input *running = accept("unit = a\n", NULL), *wanted = accept("", NULL);
	_cleanup_text_ struct text kept = TEXT_INIT;

	(void)state;
	assert_int_equal(input__keep_fixed(wanted, running, &kept), 0);
	assert_string_equal(text_str(&kept), "unit");
	assert_int_equal(wanted->options.units.count, 1);
	input__free(running);
	input__free(wanted);
}

/* An agent frees what was in force, and reads it again at the next reload. */
static void what_is_kept_outlives_its_file(void **state)
{
	struct input *running = accept("pin = /sys/fs/bpf/a\nunit = a\nunit = b\n", NULL);
	struct input *wanted = accept("pin = /sys/fs/bpf/b\n", NULL);
	_cleanup_text_ struct text kept = TEXT_INIT;

	(void)state;
	assert_int_equal(input__keep_fixed(wanted, running, &kept), 0);
	assert_string_equal(text_str(&kept), "unit, pin");
	assert_ptr_not_equal(wanted->options.pin, running->options.pin);
	input__free(running);
	assert_string_equal(wanted->options.pin, "/sys/fs/bpf/a");
	assert_int_equal(wanted->options.units.count, 2);
	assert_string_equal(wanted->options.units.items[1], "b");
	input__free(wanted);
}

/* Every option by itself: reset, copied, compared. */
static void members_as_a_whole(void **state)
{
	static const struct {
		const char *name, *value;
	} given[] = { { "older-than", "3s" },	  { "top", "77" },   { "stack-size", "8K" },
		      { "hooks", "raw_tp" },	  { "comm", "x" },   { "uid", "0" },
		      { "class", "probed" },	  { "unit", "u" },   { "debuginfod", NULL },
		      { "exclude-cgroup", "/x" }, { "output", "/o" } };

	(void)state;
	for (size_t i = 0; i < sizeof(given) / sizeof(given[0]); i++) {
		const struct option_spec *spec = option_find(given[i].name);
		struct options plain = options_defaults(COMMAND_TRACE);
		struct options changed = plain, copy = plain;
		_cleanup_text_ struct text error = TEXT_INIT;

		assert_int_equal(option_read(spec, given[i].value, &changed, &error), 0);
		assert_false(option_is_equal(spec, &plain, &changed));
		option_copy(spec, &changed, &copy);
		assert_true(option_is_equal(spec, &copy, &changed));
		option_reset(spec, &changed);
		assert_true(option_is_equal(spec, &plain, &changed));
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(lines),
		cmocka_unit_test(command_line_counts_more),
		cmocka_unit_test(refused),
		cmocka_unit_test(unreadable),
		cmocka_unit_test(too_many_lines),
		cmocka_unit_test(what_can_change),
		cmocka_unit_test(cgroups_or_none_is_fixed),
		cmocka_unit_test(what_is_kept_outlives_its_file),
		cmocka_unit_test(members_as_a_whole),
	};
	int failed = cmocka_run_group_tests_name("config", tests, NULL, NULL);

	config_file("");
	unlink(config_file(""));
	return failed;
}
