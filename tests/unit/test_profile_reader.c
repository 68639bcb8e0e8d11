/* SPDX-License-Identifier: BSD-2-Clause */
/* profile_reader: what is no profile, or a broken or a hostile one. test_profile.c has the rest. */
#include "profile_fixture.h"

#include "report/pprof/protobuf.h"

static struct text gzipped(const struct text *bytes)
{
	z_stream stream = { .next_in = (Bytef *)text_str(bytes), .avail_in = (uInt)bytes->len };
	static unsigned char room[1 << 20];
	struct text out = TEXT_INIT;

	assert_int_equal(deflateInit2(&stream, 1, Z_DEFLATED, MAX_WBITS + 16, 8, 0), Z_OK);
	stream.next_out = room;
	stream.avail_out = sizeof(room);
	assert_int_equal(deflate(&stream, Z_FINISH), Z_STREAM_END);
	text_add_bytes(&out, room, sizeof(room) - stream.avail_out);
	deflateEnd(&stream);
	return out;
}

/* A profile with one value, sockets_open, and what `more` adds. */
static struct text profile_with(const struct text *more)
{
	_cleanup_text_ struct text bytes = TEXT_INIT;

	protobuf_add_bytes(&bytes, 1, "\x08\x01", 2);
	protobuf_add_bytes(&bytes, 6, "", 0);
	protobuf_add_bytes(&bytes, 6, "sockets_open", 12);
	text_add_bytes(&bytes, text_str(more), more->len);
	return gzipped(&bytes);
}

static void expect_error(const struct text *gzip, int err, const char *part)
{
	_cleanup_text_ struct text lines = TEXT_INIT, error = TEXT_INIT;

	assert_int_equal(profile_read(gzip->data, gzip->len, add_sample_line, &lines, &error), err);
	if (!strstr(text_str(&error), part))
		fail_msg("'%s', not '%s'", text_str(&error), part);
}

static void what_is_no_profile_is_refused(void **state)
{
	_cleanup_text_ struct text other = TEXT_INIT;
	struct text gzip;

	(void)state;
	assert_false(profile_is_gzip("\x1f", 1));
	assert_false(profile_is_gzip("{}", 2));
	text_add(&other, "\x1f\x8b");
	expect_error(&other, -EPROTO, "a broken profile");
	text_clear(&other);
	protobuf_add_bytes(&other, 6, "cpu", 3);
	gzip = gzipped(&other);
	assert_true(profile_is_gzip(gzip.data, gzip.len));
	expect_error(&gzip, -EPROTO, "has no sockets_open");
	text_cut(&gzip, gzip.len / 2);
	expect_error(&gzip, -EPROTO, "a broken profile");
	text_free(&gzip);
}

static void expect_broken(unsigned int field, const char *bytes, size_t len)
{
	_cleanup_text_ struct text more = TEXT_INIT;
	struct text gzip;

	protobuf_add_bytes(&more, field, bytes, len);
	gzip = profile_with(&more);
	expect_error(&gzip, -EPROTO, "a broken profile");
	text_free(&gzip);
}

static void broken_messages_are_refused(void **state)
{
	(void)state;
	expect_broken(2, "\x0a", 1);	     /* a length that is missing */
	expect_broken(2, "\x0a\x7f\x01", 3); /* and one beyond the end */
	expect_broken(2, "\x0b", 1);	     /* a group */
	expect_broken(2, "\x10\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01", 12); /* 70 bits */
	expect_broken(2, "", 0);						  /* no value */
	expect_broken(2, "\x12\x02\x01\x01", 4);				  /* two values */
	expect_broken(2, "\x10\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01", 11);	  /* -1 */
	expect_broken(2, "\x10\x80\x80\x80\x80\x80\x80\x80\x01", 9);		  /* 2^49 */
	expect_broken(2, "\x10\x01\x1a\x01\x08", 5);				  /* in a label */
	expect_broken(4, "\x22\x01\x08", 3);					  /* in a line */
	expect_broken(4, "\x22", 1);
	expect_broken(5, "\x08", 1);
	expect_broken(3, "\x08", 1);
}

/* Indexes and ids of nothing, numbers that are not packed, fields of other widths. */
static void what_is_unknown_is_passed_over(void **state)
{
	_cleanup_text_ struct text more = TEXT_INIT;
	struct text gzip;

	(void)state;
	protobuf_add_bytes(&more, 2, "\x0a\x01\x63\x10\x05\x1a\x04\x08\x63\x10\x63", 11);
	protobuf_add_bytes(&more, 2, "\x08\x01\x08\x02\x10\x06\x65????\x61????????", 20);
	protobuf_add_bytes(&more, 4, "\x08\x01\x10\x63\x22\x04\x08\x63\x10\x07", 10);
	protobuf_add_bytes(&more, 99, "?", 1);
	gzip = profile_with(&more);
	expect_samples(&gzip, "- - - -:0 - 5 0 0\n- - - -:0 - 6 0 0\n");
	text_free(&gzip);
}

static int refuse(const struct profile_sample *sample, void *ctx)
{
	(void)sample;
	++*(unsigned int *)ctx;
	return -ENOMEM;
}

static void the_function_ends_it(void **state)
{
	_cleanup_text_ struct text more = TEXT_INIT, error = TEXT_INIT;
	unsigned int called = 0;
	struct text gzip;

	(void)state;
	protobuf_add_bytes(&more, 2, "\x10\x05", 2);
	protobuf_add_bytes(&more, 2, "\x10\x05", 2);
	gzip = profile_with(&more);
	assert_int_equal(profile_read(gzip.data, gzip.len, refuse, &called, &error), -ENOMEM);
	assert_int_equal(called, 1);
	text_free(&gzip);
}

/* 2 bytes each in the file, and 16 in memory. */
static void tables_are_bounded(void **state)
{
	_cleanup_text_ struct text more = TEXT_INIT;
	struct text gzip;

	(void)state;
	for (int i = 0; i < PROFILE_READ_ENTRIES + 1; i++)
		protobuf_add_bytes(&more, 6, "", 0);
	gzip = profile_with(&more);
	expect_error(&gzip, -EFBIG, "larger than those of sockleak");
	text_free(&gzip);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_is_no_profile_is_refused),
		cmocka_unit_test(broken_messages_are_refused),
		cmocka_unit_test(what_is_unknown_is_passed_over),
		cmocka_unit_test(the_function_ends_it),
		cmocka_unit_test(tables_are_bounded),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
