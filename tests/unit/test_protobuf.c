/* SPDX-License-Identifier: BSD-2-Clause */
/* protobuf: the bytes of each kind of field, compared with those of the specification. */
#include <stdarg.h>
#include <setjmp.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "report/pprof/protobuf.h"

static void expect_bytes(struct text *text, const char *bytes, size_t len)
{
	assert_int_equal(text_error(text), 0);
	assert_int_equal(text->len, len);
	assert_memory_equal(text_str(text), bytes, len);
	text_clear(text);
}

static void fields_are_those_of_the_specification(void **state)
{
	const __u64 packed[] = { 3, 270, 86942, 0 };
	_cleanup_text_ struct text out = TEXT_INIT;

	(void)state;
	protobuf_add_u64(&out, 1, 150); /* the specification's own examples */
	expect_bytes(&out, "\x08\x96\x01", 3);
	protobuf_add_bytes(&out, 2, "testing", 7);
	expect_bytes(&out, "\x12\x07testing", 9);
	protobuf_add_packed(&out, 6, packed, 3);
	expect_bytes(&out, "\x32\x06\x03\x8e\x02\x9e\xa7\x05", 8);

	protobuf_add_packed(&out, 6, packed + 3, 1); /* a 0 among repeated numbers stays */
	expect_bytes(&out, "\x32\x01\x00", 3);
	protobuf_add_u64(&out, 16, 1); /* a tag of two bytes */
	expect_bytes(&out, "\x80\x01\x01", 3);
	protobuf_add_u64(&out, 1, (__u64)-1);
	expect_bytes(&out, "\x08\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01", 11);
}

static void what_a_reader_assumes_is_left_out(void **state)
{
	_cleanup_text_ struct text out = TEXT_INIT;

	(void)state;
	protobuf_add_u64(&out, 1, 0);
	protobuf_add_packed(&out, 1, NULL, 0);
	expect_bytes(&out, "", 0);
	protobuf_add_bytes(&out, 6, "", 0); /* an empty string of a table is an entry */
	expect_bytes(&out, "\x32\x00", 2);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(fields_are_those_of_the_specification),
		cmocka_unit_test(what_a_reader_assumes_is_left_out),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
