/* SPDX-License-Identifier: BSD-2-Clause */
/* The growing string, and what it lets through from other processes. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <errno.h>
#include <string.h>

#include "lib/text.h"

static void empty_is_a_string(void **state)
{
	_cleanup_text_ struct text text = TEXT_INIT;

	(void)state;
	assert_string_equal(text_str(&text), "");
	text_add(&text, "");
	text_add_bytes(&text, NULL, 0);
	assert_string_equal(text_str(&text), "");
	assert_int_equal(text_error(&text), 0);
	text_clear(&text);
	text_free(&text);
	assert_string_equal(text_str(&text), "");
}

static void grows(void **state)
{
	_cleanup_text_ struct text text = TEXT_INIT;
	int i;

	(void)state;
	for (i = 0; i < 1000; i++) {
		text_addf(&text, "%04d,", i);
		assert_int_equal(text.data[text.len], '\0');
	}
	assert_int_equal(text.len, 5000);
	assert_memory_equal(text.data + 4990, "0998,0999,", 10);
	text_free(&text);
	for (i = 0; i < 1000; i++) /* through every length: ASan sees a NUL put outside */
		text_add(&text, "x");
	assert_int_equal(strlen(text_str(&text)), 1000);
	text_clear(&text);
	assert_string_equal(text_str(&text), "");
	text_add_bytes(&text, "a\0b", 3);
	assert_int_equal(text.len, 3);
	assert_memory_equal(text.data, "a\0b", 4);
}

static void adds_numbers(void **state)
{
	static const unsigned long long values[] = { 0, 9, 10, 99, 100, 4294967295U, UINT64_MAX };
	_cleanup_text_ struct text text = TEXT_INIT, printed = TEXT_INIT;

	(void)state;
	for (size_t i = 0; i < sizeof(values) / sizeof(values[0]); i++) {
		text_add_u64(&text, values[i]);
		text_addf(&printed, "%llu", values[i]);
	}
	assert_string_equal(text_str(&text), text_str(&printed));
}

static void is_extended(void **state)
{
	_cleanup_text_ struct text text = TEXT_INIT;

	(void)state;
	assert_non_null(text_extend(&text, 0));
	assert_string_equal(text_str(&text), "");
	for (int i = 0; i < 1000; i++) /* through every length, as above */
		*text_extend(&text, 1) = 'x';
	assert_int_equal(strlen(text_str(&text)), 1000);
	assert_null(text_extend(&text, SIZE_MAX / 2));
	assert_int_equal(text_error(&text), -ENOMEM);
	assert_null(text_extend(&text, 1));
}

static void remembers_a_failure(void **state)
{
	_cleanup_text_ struct text text = TEXT_INIT;

	(void)state;
	text_add(&text, "before");
	/* never read: the length alone is refused */
	text_add_bytes(&text, "", SIZE_MAX / 2);
	assert_int_equal(text_error(&text), -ENOMEM);
	text_add(&text, "after");
	text_addf(&text, "%d", 1);
	text_add_clean(&text, "\n", 1);
	assert_string_equal(text_str(&text), "before");
	text_clear(&text);
	assert_int_equal(text_error(&text), 0);
	text_add(&text, "again");
	assert_string_equal(text_str(&text), "again");
}

static void check_clean(const char *bytes, size_t len, const char *expected)
{
	_cleanup_text_ struct text text = TEXT_INIT;

	text_add_clean(&text, bytes, len);
	assert_string_equal(text_str(&text), expected);
}

#define CLEAN(bytes, expected) check_clean(bytes, sizeof(bytes) - 1, expected)
#define FFFD "\xef\xbf\xbd"

static void cleans(void **state)
{
	(void)state;
	CLEAN("", "");
	CLEAN("ruby", "ruby");
	CLEAN("gr\xc3\xbc\xc3\x9f \xe6\x97\xa5 \xf0\x9f\x92\xa7",
	      "gr\xc3\xbc\xc3\x9f \xe6\x97\xa5 \xf0\x9f\x92\xa7");
	CLEAN("stops\0here", "stops");
	check_clean("cut by length", 3, "cut");
	CLEAN("\x1b[2J\r\n\t\x7f", "\\x1b[2J\\x0d\\x0a\\x09\\x7f");
	/* C1: CSI as one character */
	CLEAN("\xc2\x9b"
	      "31m",
	      "\\x9b31m");
	CLEAN("a\xe2\x80\xae"
	      "b\xe2\x81\xa6"
	      "c\xe2\x80\xa8",
	      "a\\u{202e}b\\u{2066}c\\u{2028}");
	CLEAN("\xe2\x80\x8f\xd8\x9c", "\\u{200f}\\u{061c}");
	/* not escaped: just beside the escaped ones */
	CLEAN("\xc2\xa0\xe2\x80\xa7\xe2\x80\xaf", "\xc2\xa0\xe2\x80\xa7\xe2\x80\xaf");
}

static void replaces_invalid_bytes(void **state)
{
	(void)state;
	CLEAN("\xff"
	      "a",
	      FFFD "a");
	CLEAN("\x80", FFFD);
	/* overlong '/', NUL and euro; a surrogate; beyond the last character */
	CLEAN("\xc0\xaf", FFFD FFFD);
	CLEAN("\xc0\x80", FFFD FFFD);
	CLEAN("\xf0\x82\x82\xac", FFFD FFFD FFFD FFFD);
	CLEAN("\xed\xa0\x80", FFFD FFFD FFFD);
	CLEAN("\xf4\x90\x80\x80", FFFD FFFD FFFD FFFD);
	/* cut in the middle, by the end, by ASCII and by an escape */
	CLEAN("\xe6\x97", FFFD FFFD);
	check_clean("\xe6\x97\xa5", 2, FFFD FFFD);
	CLEAN("\xe6\x97.", FFFD FFFD ".");
	CLEAN("\xe6\x1b[", FFFD "\\x1b[");
}

static void decodes(void **state)
{
	unsigned int point = 7;

	(void)state;
	assert_int_equal(text_decode_utf8("", 0, &point), 0);
	assert_int_equal(text_decode_utf8("\xc3", 1, &point), 0);
	assert_int_equal(point, 7);
	assert_int_equal(text_decode_utf8("\0", 1, &point), 1);
	assert_int_equal(point, 0);
	assert_int_equal(text_decode_utf8("\xc2\x80", 2, &point), 2);
	assert_int_equal(point, 0x80);
	assert_int_equal(text_decode_utf8("\xe0\xa0\x80", 3, &point), 3);
	assert_int_equal(point, 0x800);
	assert_int_equal(text_decode_utf8("\xed\x9f\xbf", 3, &point), 3);
	assert_int_equal(point, 0xd7ff);
	assert_int_equal(text_decode_utf8("\xee\x80\x80", 3, &point), 3);
	assert_int_equal(point, 0xe000);
	assert_int_equal(text_decode_utf8("\xf4\x8f\xbf\xbf", 4, &point), 4);
	assert_int_equal(point, 0x10ffff);
	assert_int_equal(text_decode_utf8("\xe0\x9f\xbf", 3, &point), 0);
}

static void knows_widths(void **state)
{
	(void)state;
	assert_int_equal(text_width(""), 0);
	assert_int_equal(text_width("ruby"), 4);
	assert_int_equal(text_width("gr\xc3\xbc\xc3\x9f"), 4);
	assert_int_equal(text_width("e\xcc\x81"), 1);		     /* e, combining acute */
	assert_int_equal(text_width("\xe6\x97\xa5\xe6\x9c\xac"), 4); /* two ideographs */
	assert_int_equal(text_width("\xf0\x9f\x92\xa7"), 2);	     /* droplet */
	assert_int_equal(text_width("a\xe2\x80\x8b"
				    "b"),
			 2);				 /* zero width space */
	assert_int_equal(text_width("\xef\xbc\xa1"), 2); /* fullwidth A */
	assert_int_equal(text_width("\xef\xbd\xb1"), 1); /* halfwidth katakana */
	assert_int_equal(text_width(FFFD), 1);
	assert_int_equal(text_width("\xff"), 1);
	assert_int_equal(text_width("\xe2\x94\x80\xe2\x80\xa6"), 2); /* line, ellipsis */
}

static void measures_parentheses(void **state)
{
	(void)state;
	assert_int_equal(text_parenthesis_len("()"), 2);
	assert_int_equal(text_parenthesis_len("(a(b)c)d)"), 7);
	assert_int_equal(text_parenthesis_len("(a(b)"), 0);
	assert_int_equal(text_parenthesis_len(""), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(empty_is_a_string),	  cmocka_unit_test(grows),
		cmocka_unit_test(adds_numbers),		  cmocka_unit_test(is_extended),
		cmocka_unit_test(remembers_a_failure),	  cmocka_unit_test(cleans),
		cmocka_unit_test(replaces_invalid_bytes), cmocka_unit_test(decodes),
		cmocka_unit_test(knows_widths),		  cmocka_unit_test(measures_parentheses),
	};

	return cmocka_run_group_tests_name("text", tests, NULL, NULL);
}
