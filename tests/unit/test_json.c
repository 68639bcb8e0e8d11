/* SPDX-License-Identifier: BSD-2-Clause */
/* The JSON writer. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <locale.h>
#include <math.h>
#include <string.h>

#include "lib/json.h"
#include "lib/text.h"

static void nests(void **state)
{
	_cleanup_text_ struct text out = TEXT_INIT;
	struct json json = json_writer(&out);

	(void)state;
	json_begin_object(&json, NULL);
	json_begin_array(&json, "a");
	json_end_array(&json);
	json_begin_object(&json, "b");
	json_end_object(&json);
	json_begin_array(&json, "c");
	json_u64(&json, NULL, 1);
	json_begin_object(&json, NULL);
	json_null(&json, "x");
	json_bool(&json, "y", true);
	json_end_object(&json);
	json_begin_array(&json, NULL);
	json_bool(&json, NULL, false);
	json_end_array(&json);
	json_string(&json, NULL, "z");
	json_end_array(&json);
	json_s64(&json, "d", -1);
	json_end_object(&json);
	assert_string_equal(text_str(&out), "{\"a\":[],\"b\":{},\"c\":[1,{\"x\":null,\"y\":true},"
					    "[false],\"z\"],\"d\":-1}\n");
}

static void one_line_each(void **state)
{
	_cleanup_text_ struct text out = TEXT_INIT;
	struct json json = json_writer(&out);

	(void)state;
	json_begin_object(&json, NULL);
	json_end_object(&json);
	json_u64(&json, NULL, 1);
	json_begin_array(&json, NULL);
	json_end_array(&json);
	assert_string_equal(text_str(&out), "{}\n1\n[]\n");
}

static void check_bytes(const char *bytes, size_t len, const char *expected)
{
	_cleanup_text_ struct text out = TEXT_INIT;
	struct json json = json_writer(&out);

	json_bytes(&json, NULL, bytes, len);
	assert_string_equal(text_str(&out), expected);
}

#define BYTES(bytes, expected) check_bytes(bytes, sizeof(bytes) - 1, expected "\n")

static void strings(void **state)
{
	(void)state;
	check_bytes(NULL, 0, "\"\"\n");
	BYTES("ruby", "\"ruby\"");
	BYTES("\"\\/", "\"\\\"\\\\/\"");
	BYTES("a\0b", "\"a\\u0000b\"");
	BYTES("\n\r\t\b\x1f\x7f", "\"\\u000a\\u000d\\u0009\\u0008\\u001f\\u007f\"");
	BYTES("\x1b[2J", "\"\\u001b[2J\"");
	BYTES("\xc2\x9b", "\"\\u009b\"");
	BYTES("\xe2\x80\xa8\xe2\x80\xae", "\"\\u2028\\u202e\"");
	BYTES("\xc3\xbc \xf0\x9f\x92\xa7", "\"\xc3\xbc \xf0\x9f\x92\xa7\"");
	BYTES("\xff", "\"\\ufffd\"");
	BYTES("\xed\xa0\x80", "\"\\ufffd\\ufffd\\ufffd\"");
	BYTES("\xe6\x97\"", "\"\\ufffd\\ufffd\\\"\"");
	check_bytes("\xe6\x97\xa5", 2, "\"\\ufffd\\ufffd\"\n");
}

static void a_key_is_escaped_too(void **state)
{
	_cleanup_text_ struct text out = TEXT_INIT;
	struct json json = json_writer(&out);

	(void)state;
	json_begin_object(&json, NULL);
	json_string(&json, "a\"\n", NULL);
	json_end_object(&json);
	assert_string_equal(text_str(&out), "{\"a\\\"\\u000a\":null}\n");
}

static void check_double(double value, const char *expected)
{
	_cleanup_text_ struct text out = TEXT_INIT;
	struct json json = json_writer(&out);

	json_double(&json, NULL, value);
	assert_int_equal(out.data[out.len - 1], '\n');
	out.data[out.len - 1] = '\0';
	assert_string_equal(text_str(&out), expected);
}

static void numbers(void **state)
{
	_cleanup_text_ struct text out = TEXT_INIT;
	struct json json = json_writer(&out);

	(void)state;
	json_u64(&json, NULL, UINT64_MAX);
	json_s64(&json, NULL, INT64_MIN);
	json_hex(&json, NULL, 0xabc);
	json_hex(&json, NULL, UINT64_MAX);
	assert_string_equal(text_str(&out), "18446744073709551615\n-9223372036854775808\n"
					    "\"0000000000000abc\"\n\"ffffffffffffffff\"\n");
}

static void doubles(void **state)
{
	(void)state;
	check_double(0, "0");
	check_double(-0.0, "0");
	check_double(5, "5");
	check_double(0.5, "0.5");
	check_double(12.25, "12.25");
	check_double(0.001, "0.001");
	check_double(0.05, "0.05");
	check_double(0.0004, "0");
	check_double(-0.0004, "0");
	check_double(-1.5, "-1.5");
	check_double(1.9999, "2");
	check_double(123456789.12, "123456789.12");
	check_double(1e15, "1000000000000000");
	check_double(-1e21, "-1000000000000000000000");
	check_double(NAN, "null");
	check_double(INFINITY, "null");
	check_double(-INFINITY, "null");
}

static void doubles_in_any_locale(void **state)
{
	static const char *const commas[] = { "de_DE.UTF-8", "fr_FR.UTF-8", "de_DE.utf8", "nl_NL" };
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(commas) / sizeof(commas[0]); i++)
		if (setlocale(LC_NUMERIC, commas[i]))
			break;
	check_double(1.5, "1.5");
	check_double(1e18, "1000000000000000000");
	setlocale(LC_NUMERIC, "C");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(nests),
		cmocka_unit_test(one_line_each),
		cmocka_unit_test(strings),
		cmocka_unit_test(a_key_is_escaped_too),
		cmocka_unit_test(numbers),
		cmocka_unit_test(doubles),
		cmocka_unit_test(doubles_in_any_locale),
	};

	return cmocka_run_group_tests_name("json", tests, NULL, NULL);
}
