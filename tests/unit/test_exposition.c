/* SPDX-License-Identifier: BSD-2-Clause */
/* exposition: how a family, a label and a value are written. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <locale.h>
#include <string.h>

#include "lib/text.h"
#include "report/metrics/exposition.h"

static void a_family_with_its_samples(void **state)
{
	_cleanup_text_ struct text out = TEXT_INIT;
	struct family family = family_begin(&out, "sweeps_total", FAMILY_COUNTER, "Sweeps.");

	(void)state;
	family_u64(&family, NULL, 0);
	family_u64(&family, "", UINT64_MAX);
	family_u64(&family, "a=\"b\"", 7);
	family_of(&family, "result", "o\"k", 7);
	family = family_begin(&out, "limit", FAMILY_GAUGE, "A limit.");
	family_infinite(&family, NULL);
	assert_string_equal(text_str(&out), "# HELP sockleak_sweeps_total Sweeps.\n"
					    "# TYPE sockleak_sweeps_total counter\n"
					    "sockleak_sweeps_total 0\n"
					    "sockleak_sweeps_total 18446744073709551615\n"
					    "sockleak_sweeps_total{a=\"b\"} 7\n"
					    "sockleak_sweeps_total{result=\"o\\\"k\"} 7\n"
					    "# HELP sockleak_limit A limit.\n"
					    "# TYPE sockleak_limit gauge\n"
					    "sockleak_limit +Inf\n");
}

/* No digit is lost, none is written that says nothing, and the locale has no say. */
static void nanoseconds_in_seconds(void **state)
{
	static const struct {
		__u64 ns;
		const char *text;
	} cases[] = { { 0, "0" },
		      { 1, "0.000000001" },
		      { 1000000000, "1" },
		      { 1500000000, "1.5" },
		      { 1050000000, "1.05" },
		      { 999999999, "0.999999999" },
		      { UINT64_MAX, "18446744073.709551615" } };

	(void)state;
	setlocale(LC_ALL, "de_DE.UTF-8");
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		_cleanup_text_ struct text out = TEXT_INIT, wanted = TEXT_INIT;
		struct family family = { &out, "x" };

		family_ns(&family, NULL, cases[i].ns);
		text_addf(&wanted, "sockleak_x %s\n", cases[i].text);
		assert_string_equal(text_str(&out), text_str(&wanted));
	}
	setlocale(LC_ALL, "C");
}

static void a_label_holds_any_bytes(void **state)
{
	_cleanup_text_ struct text labels = TEXT_INIT;

	(void)state;
	label_add(&labels, "a", NULL);
	label_add(&labels, "b", "\\ \" \n \x80");
	label_add_bytes(&labels, "c", "no end", 2);
	assert_string_equal(text_str(&labels),
			    "a=\"\",b=\"\\\\ \\\" \\\\x0a \xef\xbf\xbd\",c=\"no\"");
}

static void a_label_is_cut_at_a_character(void **state)
{
	_cleanup_text_ struct text label = TEXT_INIT, twice = TEXT_INIT, one_more = TEXT_INIT;
	char value[600] = "";

	(void)state;
	for (int i = 0; i < 255; i++)
		strcat(value, "\xc3\xa4");
	label_add(&label, "a", value);
	assert_int_equal(label.len, LABEL_MAX_BYTES + 4);
	memmove(value + 1, value, strlen(value) + 1);
	value[0] = 'x';
	label_add(&twice, "a", value);
	assert_int_equal(twice.len, LABEL_MAX_BYTES - 1 + 4);
	memset(value, 'x', LABEL_MAX_BYTES + 1);
	label_add_bytes(&one_more, "a", value, LABEL_MAX_BYTES + 1);
	assert_int_equal(one_more.len, LABEL_MAX_BYTES + 4);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_family_with_its_samples),
		cmocka_unit_test(nanoseconds_in_seconds),
		cmocka_unit_test(a_label_holds_any_bytes),
		cmocka_unit_test(a_label_is_cut_at_a_character),
	};

	return cmocka_run_group_tests_name("exposition", tests, NULL, NULL);
}
