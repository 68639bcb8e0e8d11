/* SPDX-License-Identifier: BSD-2-Clause */
/* reload: what a running agent takes up of new options, and what waits for its next start. */
#include "config_fixture.h"

#include "options/reload.h"

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

static int count_string(const char **string, void *ctx)
{
	assert_non_null(*string);
	return ++*(int *)ctx == 2 ? -ENOMEM : 0;
}

/* The first string that cannot be kept ends it. */
static void what_cannot_be_kept_is_an_error(void **state)
{
	struct options running = options_defaults(COMMAND_AGENT), wanted = running;
	_cleanup_text_ struct text kept = TEXT_INIT;
	int count = 0;

	(void)state;
	running.excluded_cgroups = (struct option_list){ { "/a", "/b", "/c" }, 3 };
	running.pin = "/sys/fs/bpf/a"; /* and behind them */
	assert_int_equal(reload_keep_fixed(&running, &wanted, &kept, count_string, &count),
			 -ENOMEM);
	assert_int_equal(count, 2);
}

/* What is the same is not named, and no string of it is asked for. */
static void what_is_the_same_is_not_named(void **state)
{
	struct options running = options_defaults(COMMAND_AGENT), wanted;
	_cleanup_text_ struct text kept = TEXT_INIT;
	int count = 0;

	(void)state;
	running.pin = "/sys/fs/bpf/a";
	running.units = (struct option_list){ { "a" }, 1 };
	wanted = running;
	wanted.pin = (char[]){ "/sys/fs/bpf/a" };
	assert_int_equal(reload_keep_fixed(&running, &wanted, &kept, count_string, &count), 0);
	assert_string_equal(text_str(&kept), "");
	assert_int_equal(count, 0);
	assert_ptr_not_equal(wanted.pin, running.pin);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_can_change),
		cmocka_unit_test(cgroups_or_none_is_fixed),
		cmocka_unit_test(what_is_kept_outlives_its_file),
		cmocka_unit_test(what_cannot_be_kept_is_an_error),
		cmocka_unit_test(what_is_the_same_is_not_named),
	};

	return cmocka_run_group_tests_name("reload", tests, NULL, remove_config);
}
