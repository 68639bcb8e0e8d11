/* SPDX-License-Identifier: BSD-2-Clause */
/* defaults: what each command does when no option is given. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "options/defaults.h"
#include "options/options.h"

#define SECOND 1000000000ULL

/* A person watches a trace for a minute, an agent has all day, and a scan looks once. */
static void each_command_has_its_own_patience(void **state)
{
	(void)state;
	assert_int_equal(options_defaults(COMMAND_TRACE).older_than_ns, 5 * SECOND);
	assert_int_equal(options_defaults(COMMAND_AGENT).older_than_ns, 60 * SECOND);
	assert_int_equal(options_defaults(COMMAND_SCAN).older_than_ns, 0);
	assert_int_equal(options_defaults(COMMAND_TRACE).top, 10);
	assert_int_equal(options_defaults(COMMAND_SCAN).top, 10000);
}

static void nothing_is_left_out(void **state)
{
	(void)state;
	for (int command = 0; command < COMMAND_COUNT; command++) {
		struct options options = options_defaults((enum command)command);

		assert_int_equal(options.command, command);
		assert_false(options_limit(&options));
		assert_false(options_rule_cgroups(&options));
		assert_int_equal(options.classes, OPTIONS_DEFAULT_CLASSES);
		assert_int_equal(options.min_growth, MIN_STEPS);
		assert_int_equal(options.min_open, 1);
		assert_int_equal(options.hooks, HOOKS_AUTO);
	}
}

static __u64 value_of(const struct option_spec *spec, const struct options *options)
{
	const char *member = (const char *)options + spec->offset;

	return spec->type == OPTION_DURATION ? *(const __u64 *)member : *(const __u32 *)member;
}

/* To give an option its default is allowed. But none, where 0 says that it is not given. */
static void each_is_in_its_range(void **state)
{
	const struct option_spec *spec;
	unsigned int checked = 0;

	(void)state;
	for (int command = 0; command < COMMAND_COUNT; command++) {
		struct options options = options_defaults((enum command)command);

		for (spec = option_next(NULL); spec; spec = option_next(spec)) {
			__u64 value;

			if (spec->min == spec->max || !option_is_of(spec, options.command) ||
			    (spec->type != OPTION_DURATION && spec->type != OPTION_NUMBER &&
			     spec->type != OPTION_SIZE))
				continue;
			value = value_of(spec, &options);
			if (value && (value < spec->min || value > spec->max))
				fail_msg("--%s of %s", spec->name, command_name(options.command));
			checked += value != 0;
		}
	}
	assert_true(checked > 20);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_command_has_its_own_patience),
		cmocka_unit_test(nothing_is_left_out),
		cmocka_unit_test(each_is_in_its_range),
	};

	return cmocka_run_group_tests_name("defaults", tests, NULL, NULL);
}
