/* SPDX-License-Identifier: BSD-2-Clause */
/* text_page: how lines are wrapped and cut, and how frames, rates and ages are written. */
#include "report_fixture.h"

#include "report/text/text_page.h"

/* The page that one line makes, under a layout. */
static void expect_lines(const struct text_layout *layout, bool cuts, bool bold, const char *line,
			 const char *wanted)
{
	_cleanup_text_ struct text out = TEXT_INIT, text = TEXT_INIT;
	struct page page = { .out = &out, .layout = layout, .cuts = cuts };

	text_add(&text, line);
	page_line(&page, &text, bold);
	assert_string_equal(text_str(&out), wanted);
	assert_int_equal(text.len, 0);
}

static void lines_are_wrapped_at_words(void **state)
{
	static const struct text_layout wide = { 0 }, narrow = { .columns = 12 };

	(void)state;
	expect_lines(&wide, false, false, "one two three four five", "one two three four five\n");
	expect_lines(&narrow, false, false, "one two", "one two\n");
	expect_lines(&narrow, false, false, "one two three four", "one two\n  three four\n");
	expect_lines(&narrow, false, false, "  one two three", "  one two\n    three\n");
	/* A word that is too long is cut anywhere, and what takes more than three lines ends. */
	expect_lines(&narrow, false, false, "0123456789abcdefghij", "0123456789ab\n  cdefghij\n");
	expect_lines(&narrow, false, false, "aaaaaaaaa bbbbbbbbb ccccccccc ddddddddd",
		     "aaaaaaaaa\n  bbbbbbbbb\n  ccccccc...\n");
	/* Columns are of characters as wide as they are. */
	expect_lines(
		&narrow, false, false,
		"\xe4\xb8\xad\xe4\xb8\xad\xe4\xb8\xad \xe4\xb8\xad\xe4\xb8\xad\xe4\xb8\xad",
		"\xe4\xb8\xad\xe4\xb8\xad\xe4\xb8\xad\n  \xe4\xb8\xad\xe4\xb8\xad\xe4\xb8\xad\n");
}

static void a_page_that_cuts_has_one_line_each(void **state)
{
	static const struct text_layout narrow = { .columns = 12, .bold = true };

	(void)state;
	expect_lines(&narrow, true, false, "one two three four", "one two t...\n");
	expect_lines(&narrow, true, true, "one two three",
		     "\033[1mone two\033[0m\n\033[1m  three\033[0m\n");
}

static void rows_that_are_too_many_are_not_left_out_silently(void **state)
{
	static const struct text_layout layout = { .rows = 2, .columns = 12 };
	_cleanup_text_ struct text out = TEXT_INIT, line = TEXT_INIT;
	struct page page = { .out = &out, .layout = &layout, .cuts = true };

	(void)state;
	text_add(&line, "first");
	page_line(&page, &line, false);
	text_add(&line, "one two three");
	page_line(&page, &line, false);
	text_add(&line, "last");
	page_line(&page, &line, false);
	assert_string_equal(text_str(&out), "first\none two t...\n");
	page_end_rows(&page);
	assert_string_equal(text_str(&out), "first\n... cut h...\n");
	assert_int_equal(page.lines, 2);
	page.is_cut = false; /* all lines had room */
	page_end_rows(&page);
	assert_int_equal(page.lines, 2);
	assert_int_equal(page_width(&page), 12);
	page.layout = &whole;
	assert_int_equal(page_width(&page), TEXT_WIDTH);
}

static void expect_frame(const struct frame *frame, const char *package, const char *wanted)
{
	_cleanup_text_ struct text line = TEXT_INIT;

	page_add_frame(&line, frame, package);
	assert_string_equal(text_str(&line), wanted);
}

static void a_frame_says_what_is_known_of_it(void **state)
{
	struct frame frame = { .pc = 0xdead };
	_cleanup_text_ struct text line = TEXT_INIT;

	(void)state;
	expect_frame(&frame, NULL, "0xdead");
	frame.module = (char[]){ "/usr/lib/libqpid.so.2" };
	frame.offset = 0x1234;
	expect_frame(&frame, NULL, "libqpid.so.2+0x1234");
	expect_frame(&frame, "qpid-1.35", "libqpid.so.2+0x1234 (package qpid-1.35)");
	frame.function = (char[]){ "SslSocket::SslSocket" };
	expect_frame(&frame, NULL, "SslSocket::SslSocket (libqpid.so.2)");
	expect_frame(&frame, "qpid\n", "SslSocket::SslSocket (libqpid.so.2, package qpid\\x0a)");
	frame.inlined = true;
	frame.file = (char[]){ "a\033.cpp" };
	frame.line = 42;
	page_add_stack_frame(&line, &frame);
	assert_string_equal(text_str(&line),
			    "SslSocket::SslSocket (libqpid.so.2) inlined at a\\x1b.cpp:42");
}

static void expect_per_minute(double per_minute, const char *wanted)
{
	_cleanup_text_ struct text line = TEXT_INIT;

	page_add_per_minute(&line, per_minute);
	assert_string_equal(text_str(&line), wanted);
}

static void rates_have_two_digits_where_they_are_small(void **state)
{
	_cleanup_text_ struct text line = TEXT_INIT;
	struct site site = { 0 };

	(void)state;
	expect_per_minute(0, "+0");
	expect_per_minute(-0.0004, "+0");
	expect_per_minute(0.05, "+0.05");
	expect_per_minute(-0.5, "-0.5");
	expect_per_minute(0.97, "+1.0");
	expect_per_minute(3.24, "+3.2");
	expect_per_minute(9.96, "+10");
	expect_per_minute(243.4, "+243");
	page_add_rate(&line, &site);
	assert_string_equal(text_str(&line), "-");
}

static void ages_are_of_what_was_seen(void **state)
{
	const struct summary summary = { .now_ns = NOW };
	struct page page = { .summary = &summary };
	struct site site = { .oldest_ns = NOW - 8 * SECOND, .class = CLASS_UNKNOWN_ORIGIN };
	_cleanup_text_ struct text line = TEXT_INIT;

	(void)state;
	page_add_oldest(&line, &page, &site); /* it is at least so old */
	text_add(&line, " ");
	site.class = CLASS_PROBED;
	page_add_oldest(&line, &page, &site);
	text_add(&line, " ");
	site.oldest_ns = 0;
	page_add_oldest(&line, &page, &site);
	text_add(&line, " ");
	page_add_age(&line, &page, NOW + 1);
	assert_string_equal(text_str(&line), ">8s 8s - -");
}

static void the_end_of_the_descriptors(void **state)
{
	static const struct {
		double seconds;
		const char *text;
	} cases[] = { { 0, "EMFILE now" },
		      { -3, "EMFILE now" },
		      { 720, "EMFILE in 12m00s" },
		      { PAGE_FAR_S + 1, "EMFILE in years" } };
	struct forecast fds = { .fds_open = 57, .fds_limit = 64 };
	_cleanup_text_ struct text line = TEXT_INIT;

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		page_add_time_left(&line, cases[i].seconds);
		assert_string_equal(text_str(&line), cases[i].text);
		text_clear(&line);
	}
	page_add_fds(&line, &fds);
	assert_string_equal(text_str(&line), "57 of 64 descriptors");
	text_clear(&line);
	fds.fds_limit = FDS_UNLIMITED;
	page_add_fds(&line, &fds);
	assert_string_equal(text_str(&line), "57 descriptors");
}

/* By its share of the limit, while nothing is known of when that is reached. */
static void the_fullest_of_a_site(void **state)
{
	struct site_process processes[3] = { { .tgid = 1 }, { .tgid = 2 }, { .tgid = 3 } };
	struct site site = { 0 };
	double seconds;

	(void)state;
	for (int i = 0; i < 3; i++)
		HASH_ADD(hh, site.processes, tgid, sizeof(__u32), &processes[i]);
	assert_null(page_most_full(&site));
	assert_null(page_fullest(&site, &seconds));
	processes[0].forecast =
		(struct forecast){ .looked_ns = 1, .fds_open = 90, .fds_limit = 1024 };
	processes[1].forecast =
		(struct forecast){ .looked_ns = 1, .fds_open = 60, .fds_limit = 64 };
	processes[2].forecast = (struct forecast){ .fds_open = 64, .fds_limit = 64 };
	assert_ptr_equal(page_most_full(&site), &processes[1]);
	HASH_CLEAR(hh, site.processes);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(lines_are_wrapped_at_words),
		cmocka_unit_test(a_page_that_cuts_has_one_line_each),
		cmocka_unit_test(rows_that_are_too_many_are_not_left_out_silently),
		cmocka_unit_test(a_frame_says_what_is_known_of_it),
		cmocka_unit_test(rates_have_two_digits_where_they_are_small),
		cmocka_unit_test(ages_are_of_what_was_seen),
		cmocka_unit_test(the_end_of_the_descriptors),
		cmocka_unit_test(the_fullest_of_a_site),
	};

	return cmocka_run_group_tests_name("text_page", tests, NULL, NULL);
}
