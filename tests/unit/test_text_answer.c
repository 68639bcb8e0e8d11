/* SPDX-License-Identifier: BSD-2-Clause */
/* text_answer: the first lines of a report. */
#include "report_fixture.h"

static void the_first_line_is_the_answer(void **state)
{
	struct summary summary = { 0 };
	char *report = report_on(4, "ruby", a_stack("SslSocket::SslSocket()"), &whole, &summary);
	const char *expected = "ruby[4242] leaks sockets: 4 open, +6.0/min, oldest 1m05s\n"
			       "in SslSocket::SslSocket() (libtransport.so.2)\n";

	(void)state;
	assert_memory_equal(report, expected, strlen(expected));
	assert_non_null(strstr(report, "leaking      4242 ruby                4    +6.0  1m05s  "));
	assert_non_null(strstr(report, "getpeername answered ENOTCONN once, after 14us"));
	assert_non_null(strstr(report, "(site 0000000000abcdef)"));
	assert_non_null(strstr(report, "at src/transport.cpp:42\n"));
	assert_non_null(strstr(report, "Nothing was lost."));
	free(report);
}

/* From half on the report says who fills a table, below the leak; before that nobody need know. */
static void a_table_that_fills_is_named(void **state)
{
	struct summary summary = {
		.sweep_counts = {
			.fills = {
				[SHARE_SOCKETS] = { 1280, 1200, 54321, 640, 77 },
				[SHARE_SNAPSHOTS] = { 511, 500, 54321 },
				[SHARE_HOLDERS] = { 600, 599, SHARE_OTHERS },
			},
			.room = { [SHARE_SOCKETS] = 2048, [SHARE_SNAPSHOTS] = 1024,
				  [SHARE_HOLDERS] = 1000 },
		},
	};
	char *report = report_on(4, "ruby", a_stack("SslSocket::SslSocket()"), &whole, &summary);
	const char *expected =
		"\nThe table of sockets is 62 % full: 1280 of 2048. User 54321 has most, 1200, and "
		"of all processes 77, 640. --max-sockets makes room.\n"
		"The table of holders is 60 % full: 600 of 1000. The users beyond the "
		"first 1023 have most, 599.\n"
		"\nSTATE";
	const char *first = "ruby[4242] leaks sockets: 4 open";

	(void)state;
	assert_memory_equal(report, first, strlen(first));
	assert_non_null(strstr(report, expected));
	assert_null(strstr(report, "table of snapshots"));
	free(report);
}

/* Two thirds of its descriptors are gone: when are all? */
static void a_leak_has_a_time_left(void **state)
{
	struct leaks *leaks = leaks__new(~0U, SECOND, ignore, NULL);
	struct owner *owner = owner_new(NULL, NULL, NULL);
	struct summary summary = { .now_ns = NOW, .hooks = "tracepoint" };
	struct text out = TEXT_INIT;
	struct site *const *sites;
	const char *expected =
		"ruby[4242] leaks sockets: 4 open, +3.0/min, oldest 1m05s, EMFILE in "
		"1h40m\n";
	double per_minute = 0;

	(void)state;
	for (__u64 i = 0; i < 4; i++) {
		struct event event = a_event(i + 1, "ruby");

		event.socket.since_ns += i * 20 * SECOND;
		assert_int_equal(leaks__apply(leaks, &event, owner, NULL), 0);
		leaks__tick(leaks, NOW - (3 - i) * SECOND);
	}
	assert_int_equal(leaks__sites(leaks, &sites), 1);
	assert_true(leaks__process_rate(leaks, 4242, &per_minute));
	sites[0]->processes->forecast = (struct forecast){
		.looked_ns = NOW,
		.fds_open = 724,
		.fds_limit = 1024,
		.rate_known = true,
		.per_minute = per_minute,
	};
	text_report(&out, leaks, &summary, &whole);
	assert_memory_equal(text_str(&out), expected, strlen(expected));
	assert_non_null(strstr(text_str(&out),
			       "724 of 1024 descriptors open, EMFILE in 1h40m at this rate\n"));

	/* The process leaks at other sites, too; and none was made here for two minutes. */
	sites[0]->processes->forecast.per_minute = 30;
	sites[0]->rate.silent_ns = 120 * SECOND;
	text_clear(&out);
	text_report(&out, leaks, &summary, &whole);
	assert_non_null(strstr(text_str(&out),
			       "\n         724 of 1024 descriptors open, EMFILE in 10m00s at the "
			       "process's +30/min; no new one for 2m00s\n"));
	text_free(&out);
	leaks__free(leaks);
	owner_unref(owner);
}

static void nothing_found_is_an_answer(void **state)
{
	struct summary summary = { 0 };
	char *report = report_on(0, "", NULL, &whole, &summary);
	const char *expected = "No leaked sockets: none stayed unconnected for 5s, watched for "
			       "1m40s\n";

	(void)state;
	assert_memory_equal(report, expected, strlen(expected));
	free(report);
}

/* What a scan found: by process and class, what may be in use for itself and last. */
static void a_scan(void **state)
{
	struct leaks *leaks = leaks__new(~0U, UINT64_MAX / 2, ignore, NULL);
	struct owner *owner = owner_new(NULL, NULL, NULL);
	struct summary summary = { .now_ns = NOW,
				   .is_scan = true,
				   .sweep_ns = SECOND / 50,
				   .history_tgid = 77,
				   .history_begun_ns = NOW - 3600 * SECOND,
				   .uncertain = 1,
				   .shown = 4,
				   .recalled = 3 };
	struct text out = TEXT_INIT;
	const char
		*expected =
			"3 unconnected sockets in 2 processes; ruby[4242] holds 2, oldest 1m05s\n"
			"\n"
			"     PID COMMAND          OPEN OLDEST  CLASS\n"
			"    4242 ruby                2  1m05s  ",
		*unknown = "    4243 ruby                1      ?  ",
		*maybe = "    4242 ruby                1  1m05s  ";

	(void)state;
	leaks__group_by_process(leaks);
	leaks__tune(leaks, 0, 1);
	for (__u64 inode = 1; inode <= 4; inode++) {
		struct event event = a_event(inode, "ruby");

		event.maybe_in_use = inode == 1;
		if (inode == 2) {
			event.tgid = 4243;
			event.class = CLASS_UNKNOWN_ORIGIN;
			event.socket.since_ns = 0;
			event.socket.flags = PENDING_ORIGIN_UNKNOWN;
		}
		assert_int_equal(leaks__apply(leaks, &event, owner, NULL), 0);
	}
	leaks__tick(leaks, NOW);
	summary.leaks = leaks__totals(leaks);
	summary.counters[COUNTER_FILES_SWEPT] = 12345;
	text_report(&out, leaks, &summary, &whole);
	assert_memory_equal(text_str(&out), expected, strlen(expected));
	assert_non_null(strstr(text_str(&out), unknown));
	assert_non_null(strstr(strstr(text_str(&out), unknown), maybe));
	assert_non_null(strstr(text_str(&out), "; may be in use\n"));
	assert_non_null(strstr(text_str(&out), "Read 12345 descriptors in 20ms\n"));
	assert_non_null(strstr(text_str(&out), "from sockleak[77], which has watched for 1h"));
	text_free(&out);
	leaks__free(leaks);
	owner_unref(owner);
}

static void too_early_is_no_all_clear(void **state)
{
	struct summary summary = { .now_ns = NOW,
				   .started_ns = NOW - 2 * SECOND,
				   .older_than_ns = 5 * SECOND,
				   .hooks = "tracepoint" };
	struct leaks *leaks = leaks__new(~0U, SECOND, ignore, NULL);
	struct text out = TEXT_INIT;
	const char *expected = "Too early to tell: a socket is reported if unconnected for 5s, "
			       "watched for 2s\n";

	(void)state;
	text_report(&out, leaks, &summary, &whole);
	assert_memory_equal(text_str(&out), expected, strlen(expected));
	text_free(&out);
	leaks__free(leaks);
}

static void nothing_watched_is_no_all_clear(void **state)
{
	struct summary summary = { .nothing_watched = true };
	char *report = report_of(leaks__new(~0U, SECOND, ignore, NULL), &summary);
	const char *expected = "Nothing was watched: no process matched the options in 1m40s\n";

	(void)state;
	assert_memory_equal(report, expected, strlen(expected));
	free(report);
}

static void leaks_that_have_ended_are_no_all_clear(void **state)
{
	struct leaks *leaks = leaks__new(~0U, SECOND, ignore, NULL);
	struct owner *owner = owner_new(NULL, NULL, NULL);
	struct summary summary = { 0 };
	const char *expected = "No leaked sockets are open now; 3 were: 1 closed, 2 ended with "
			       "their process\n";
	char *report;

	(void)state;
	for (__u64 inode = 1; inode <= 3; inode++) {
		struct event event = a_event(inode, "job");

		assert_int_equal(leaks__apply(leaks, &event, owner, NULL), 0);
		event.kind = EVENT_ENDED;
		event.reason = inode == 1 ? END_CLOSED : END_EXITED;
		assert_int_equal(leaks__apply(leaks, &event, NULL, NULL), 0);
	}
	report = report_of(leaks, &summary);
	assert_memory_equal(report, expected, strlen(expected));
	owner_unref(owner);
	free(report);
}

/* What the leaking process holds from before must not look like its own, small leak. */
static void what_is_older_than_the_watch_is_reported(void **state)
{
	struct leaks *leaks = leaks__new(~0U, SECOND, ignore, NULL);
	struct owner *owner = owner_new(NULL, NULL, NULL);
	struct stack *stack = a_stack("open_session");
	struct event fresh = a_event(99, "job");
	struct summary summary = { 0 };
	char *report;

	(void)state;
	for (__u64 inode = 1; inode <= 13; inode++) {
		struct event event = a_event(inode, "ruby");

		if (inode > 4) {
			event.class = CLASS_UNKNOWN_ORIGIN;
			event.socket.flags = PENDING_ORIGIN_UNKNOWN;
			event.tgid = inode > 11 ? 77 : 4242;
		}
		event.socket.since_ns += (inode > 4 ? 5 : inode) * 10 * SECOND;
		if (leaks__apply(leaks, &event, owner, inode > 4 ? NULL : stack))
			fail();
		leaks__tick(leaks, NOW - (inode > 4 ? 0 : 13 - inode) * SECOND);
	}
	fresh.tgid = fresh.socket.tgid = 99;
	assert_int_equal(leaks__apply(leaks, &fresh, owner, NULL), 0);
	report = report_of(leaks, &summary);
	assert_non_null(strstr(report, "leaks sockets: 4 open, +6.0/min, "));
	assert_non_null(strstr(report, "\nIt also holds 7 of unknown origin: older than this "
				       "watch, or created by io_uring\n"
				       "More: 1 site holds new sockets, 1 holds sockets of "
				       "unknown origin\n"));
	assert_non_null(strstr(report, "\nold          4242 ruby                7       -   >15s"));
	stack_unref(stack);
	owner_unref(owner);
	free(report);
}

static void only_older_ones_are_not_idle(void **state)
{
	struct leaks *leaks = leaks__new(~0U, SECOND, ignore, NULL);
	struct owner *owner = owner_new(NULL, NULL, NULL);
	struct event event = a_event(1, "ruby");
	struct summary summary = { 0 };
	const char *expected = "ruby[4242] holds 1 unconnected socket of unknown origin, for at "
			       "least 1m05s\n";
	char *report;

	(void)state;
	event.class = CLASS_UNKNOWN_ORIGIN;
	event.socket.flags = PENDING_ORIGIN_UNKNOWN;
	assert_int_equal(leaks__apply(leaks, &event, owner, NULL), 0);
	leaks__tick(leaks, NOW);
	report = report_of(leaks, &summary);
	assert_memory_equal(report, expected, strlen(expected));
	owner_unref(owner);
	free(report);
}

static void a_single_socket_is_not_leaking(void **state)
{
	struct summary summary = { 0 };
	char *report = report_on(1, "cupsd", a_stack(NULL), &whole, &summary);
	const char *expected = "cupsd[4242] holds 1 new socket, oldest 1m05s, in "
			       "libtransport.so.2+0x1234\n";

	(void)state;
	assert_memory_equal(report, expected, strlen(expected));
	assert_null(strstr(report, "leaking  "));
	free(report);
}

/* Two moments of growth are too few to call it leaking, and it is not idle either. */
static void what_grows_is_not_idle(void **state)
{
	struct summary summary = { 0 };
	char *report = report_on(2, "job", a_stack(NULL), &whole, &summary);
	const char *expected = "job[4242] holds 2 new sockets, oldest 1m05s, in ";

	(void)state;
	assert_memory_equal(report, expected, strlen(expected));
	assert_non_null(strstr(report, "\nnew          4242 job "));
	free(report);
}

static void a_wide_screen_takes_the_place_into_the_first_line(void **state)
{
	struct text_layout layout = { .top = 10, .stacks = 3, .columns = 120, .rows = 50 };
	struct summary summary = { 0 };
	char *report = report_on(4, "ruby", a_stack("SslSocket::SslSocket()"), &layout, &summary);
	const char *expected = "ruby[4242] leaks sockets: 4 open, +6.0/min, oldest 1m05s, "
			       "in SslSocket::SslSocket() (libtransport.so.2)\n";

	(void)state;
	assert_memory_equal(report, expected, strlen(expected));
	free(report);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_first_line_is_the_answer),
		cmocka_unit_test(a_table_that_fills_is_named),
		cmocka_unit_test(a_leak_has_a_time_left),
		cmocka_unit_test(nothing_found_is_an_answer),
		cmocka_unit_test(a_scan),
		cmocka_unit_test(too_early_is_no_all_clear),
		cmocka_unit_test(nothing_watched_is_no_all_clear),
		cmocka_unit_test(leaks_that_have_ended_are_no_all_clear),
		cmocka_unit_test(what_is_older_than_the_watch_is_reported),
		cmocka_unit_test(only_older_ones_are_not_idle),
		cmocka_unit_test(what_grows_is_not_idle),
		cmocka_unit_test(a_single_socket_is_not_leaking),
		cmocka_unit_test(a_wide_screen_takes_the_place_into_the_first_line),
	};

	return cmocka_run_group_tests_name("text_answer", tests, NULL, NULL);
}
