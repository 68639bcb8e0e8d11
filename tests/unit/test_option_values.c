/* SPDX-License-Identifier: BSD-2-Clause */
/* option_values: the argument of one option, and options as a whole. */
#include "config_fixture.h"

#include "options/option_values.h"

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

/* One line that has this part, and options that are as they were. */
static void expect_refused(const char *name, const char *value, const char *part)
{
	const struct option_spec *spec = option_find(name);
	struct options options = options_defaults(COMMAND_AGENT), before = options;
	_cleanup_text_ struct text error = TEXT_INIT;

	assert_non_null(spec);
	assert_int_equal(option_read(spec, value, &options, &error), -EINVAL);
	assert_true(option_is_equal(spec, &options, &before));
	if (!strstr(text_str(&error), part) || strchr(text_str(&error), '\n'))
		fail_msg("--%s '%s': '%s', not '%s'", name, value, text_str(&error), part);
}

static void values_of_each_type_are_refused(void **state)
{
	(void)state;
	expect_refused("older-than", "1x", "--older-than '1x' ");
	expect_refused("older-than", "366d", "is out of range; allowed: 0s to 365d");
	expect_refused("top", "-3", "is negative; allowed: 0 to 10000");
	expect_refused("top", "3x", "is not a whole number");
	expect_refused("top", "", "is empty");
	expect_refused("top", "18446744073709551616", "is out of range");
	expect_refused("ring-size", "3M", "is not a power of two");
	expect_refused("ring-size", "1T", "is not a number of bytes, with K, M or G");
	expect_refused("ring-size", "17179869184G", "is out of range");
	expect_refused("ring-size", "18014398509483008K", "is out of range"); /* 2^64 + 1M */
	expect_refused("hooks", "kprobe", "is not known; allowed: auto, ");
	expect_refused("comm", "sixteen_bytes_xx", "is longer than the kernel keeps a comm");
	expect_refused("uid", "nobody-at-all", "is not a user of this host");
	expect_refused("class", "probed,,", "has an empty name beside a comma");
	expect_refused("class", "probd", "has an unknown class");
	expect_refused("unit", "", "--unit '' is empty (an unset variable?)");
	expect_refused("json", "maybe", "is neither yes nor no");
	expect_refused("json", "a\nb", "'a\\x0ab'");
}

static void a_list_has_an_end(void **state)
{
	const struct option_spec *spec = option_find("unit");
	struct options options = options_defaults(COMMAND_AGENT);
	_cleanup_text_ struct text error = TEXT_INIT;

	(void)state;
	for (unsigned int i = 0; i < SOCKLEAK_MAX_CGROUPS; i++)
		assert_int_equal(option_read(spec, "a", &options, &error), 0);
	assert_int_equal(option_read(spec, "b", &options, &error), -EINVAL);
	assert_int_equal(options.units.count, SOCKLEAK_MAX_CGROUPS);
	assert_string_equal(options.units.items[SOCKLEAK_MAX_CGROUPS - 1], "a");
	assert_non_null(strstr(text_str(&error), "is one too many"));
}

static int add_string(const char **string, void *ctx)
{
	struct text *all = ctx;

	text_add(all, *string);
	return all->len == 2 ? -E2BIG : 0;
}

/* In their order, until one is refused; an option that is not given has none. */
static void each_string_of_an_option(void **state)
{
	struct options options = options_defaults(COMMAND_AGENT);
	_cleanup_text_ struct text all = TEXT_INIT;

	(void)state;
	assert_int_equal(option_each_string(option_find("pin"), &options, add_string, &all), 0);
	assert_int_equal(option_each_string(option_find("top"), &options, add_string, &all), 0);
	assert_int_equal(all.len, 0);
	options.pin = "p";
	assert_int_equal(option_each_string(option_find("pin"), &options, add_string, &all), 0);
	assert_string_equal(text_str(&all), "p");
	options.units = (struct option_list){ { "a", "b", "c" }, 3 };
	assert_int_equal(option_each_string(option_find("unit"), &options, add_string, &all),
			 -E2BIG);
	assert_string_equal(text_str(&all), "pa");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(members_as_a_whole),
		cmocka_unit_test(values_of_each_type_are_refused),
		cmocka_unit_test(a_list_has_an_end),
		cmocka_unit_test(each_string_of_an_option),
	};

	return cmocka_run_group_tests_name("option_values", tests, NULL, remove_config);
}
