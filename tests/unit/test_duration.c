/* SPDX-License-Identifier: BSD-2-Clause */
/* Durations, as people write and read them, and how far the clocks are apart. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <errno.h>
#include <string.h>

#include "lib/text.h"
#include "lib/time.h"

#define SECOND NSEC_PER_SEC
#define MINUTE (60 * SECOND)
#define HOUR (60 * MINUTE)
#define DAY (24 * HOUR)

static void reads(void **state)
{
	static const struct {
		const char *string;
		__u64 ns;
	} cases[] = {
		{ "0", 0 },
		{ "5", 5 * SECOND },
		{ "5s", 5 * SECOND },
		{ "250ms", 250 * NSEC_PER_MSEC },
		{ "1.5m", 90 * SECOND },
		{ "2h", 2 * HOUR },
		{ "1d", DAY },
		{ "0.1", 100 * NSEC_PER_MSEC },
		{ "0.1s", 100 * NSEC_PER_MSEC }, /* a double would be 1 ns off at times */
		{ "1.1s", 1100 * NSEC_PER_MSEC },
		{ "0.000000001s", 1 },
		{ "0.0000000019", 1 },
		{ "0.0000000000000000000000000001", 0 },
		{ "0.25ms", 250000 },
		{ "1.0000000000h", HOUR },
		{ "007s", 7 * SECOND },
		{ "9223372036s", 9223372036 * SECOND },
		{ "9223372036.854775807s", INT64_MAX },
		{ "106751d", 106751 * DAY },
	};
	const char *reason;
	__u64 ns;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		ns = ~0ULL;
		if (duration_parse(cases[i].string, &ns, &reason))
			fail_msg("'%s' %s", cases[i].string, reason);
		if (ns != cases[i].ns)
			fail_msg("'%s' is %llu", cases[i].string, ns);
	}
}

static void refuses(void **state)
{
	static const struct {
		const char *string;
		int error;
		const char *reason;
	} cases[] = {
		{ "", -EINVAL, "empty" },
		{ "-5s", -EINVAL, "negative" },
		{ "-.5s", -EINVAL, "negative" },
		{ "-", -EINVAL, "not a number" },
		{ "+5", -EINVAL, "not a number" },
		{ " 5s", -EINVAL, "not a number" },
		{ "5 s", -EINVAL, "not a number" },
		{ "s", -EINVAL, "not a number" },
		{ "five", -EINVAL, "not a number" },
		{ ".5s", -EINVAL, "not a number" },
		{ "5.s", -EINVAL, "not a number" },
		{ "1.2.3", -EINVAL, "not a number" },
		{ "1,5s", -EINVAL, "not a number" },
		{ "5x", -EINVAL, "unknown unit" },
		{ "5S", -EINVAL, "unknown unit" },
		{ "5sec", -EINVAL, "unknown unit" },
		{ "5s5", -EINVAL, "unknown unit" },
		{ "1h30m", -EINVAL, "unknown unit" },
		{ "1e3", -EINVAL, "unknown unit" },
		{ "0x10", -EINVAL, "unknown unit" },
		{ "inf", -EINVAL, "not a number" },
		{ "nan", -EINVAL, "not a number" },
		{ "9223372036.854775808s", -ERANGE, "too long" },
		{ "9223372037", -ERANGE, "too long" },
		{ "106752d", -ERANGE, "too long" },
		{ "18446744073709551616", -ERANGE, "too long" },
		{ "99999999999999999999999999999999999999999ms", -ERANGE, "too long" },
	};
	const char *reason;
	__u64 ns;
	size_t i;
	int err;

	(void)state;
	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		ns = 77;
		reason = NULL;
		err = duration_parse(cases[i].string, &ns, &reason);
		if (err != cases[i].error || !strstr(reason, cases[i].reason))
			fail_msg("'%s': %d %s", cases[i].string, err, reason);
		assert_int_equal(ns, 77);
	}
}

static void writes_for_a_table(void **state)
{
	static const struct {
		__u64 ns;
		const char *string;
	} cases[] = {
		{ 0, "0ms" },
		{ 999999, "0ms" },
		{ 850 * NSEC_PER_MSEC, "850ms" },
		{ SECOND - 1, "999ms" },
		{ SECOND, "1s" },
		{ 12 * SECOND + 900 * NSEC_PER_MSEC, "12s" },
		{ MINUTE - 1, "59s" },
		{ MINUTE, "1m00s" },
		{ 3 * MINUTE + 5 * SECOND, "3m05s" },
		{ HOUR - 1, "59m59s" },
		{ HOUR, "1h00m" },
		{ 2 * HOUR + 10 * MINUTE, "2h10m" },
		{ DAY - 1, "23h59m" },
		{ DAY, "1d0h" },
		{ 5 * DAY + 3 * HOUR, "5d3h" },
		{ UINT64_MAX, "213503d23h" },
	};
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		_cleanup_text_ struct text text = TEXT_INIT;

		duration_add(&text, cases[i].ns);
		assert_string_equal(text_str(&text), cases[i].string);
	}
}

static void writes_exactly(void **state)
{
	static const char *const strings[] = {
		"0s", "10ms", "1500ms", "5s", "90s", "2m", "36h", "365d",
	};
	const char *reason;
	__u64 ns;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(strings) / sizeof(strings[0]); i++) {
		_cleanup_text_ struct text text = TEXT_INIT;

		assert_int_equal(duration_parse(strings[i], &ns, &reason), 0);
		duration_add_exact(&text, ns);
		assert_string_equal(text_str(&text), strings[i]);
	}
}

/* Tenfold of its usual error, so that a busy host does not matter. */
static void finds_the_same_offset_again(void **state)
{
	__s64 first = clock_wall_offset();

	(void)state;
	for (int i = 0; i < 1000; i++)
		assert_in_range(clock_wall_offset() - first + 10000, 0, 20000);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(reads),
		cmocka_unit_test(refuses),
		cmocka_unit_test(writes_for_a_table),
		cmocka_unit_test(writes_exactly),
		cmocka_unit_test(finds_the_same_offset_again),
	};

	return cmocka_run_group_tests_name("duration", tests, NULL, NULL);
}
