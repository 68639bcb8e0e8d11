/* SPDX-License-Identifier: BSD-2-Clause */
/* text_limit: what a report, the log and the status say of who is at the limit. */
#include "report_fixture.h"

#include "leaks/refusals.h"
#include "leaks/suppressions.h"

static struct refusals *refusals;
static struct text out;

static int begin(void **state)
{
	(void)state;
	refusals = refusals__new(2 * SECOND);
	return refusals ? 0 : -1;
}

static int end(void **state)
{
	(void)state;
	refusals__free(refusals);
	text_free(&out);
	return 0;
}

static struct limited *limited_of(__u32 tgid, __s32 error, __u64 count, __u64 first_ns,
				  __u64 last_ns)
{
	struct refusal refusal = {
		.count = count, .first_ns = first_ns, .last_ns = last_ns, .comm = "app"
	};
	struct refusal_key key = { tgid, error };
	struct limited *limited;
	__u64 reported;
	bool is_new;

	limited = refusals__apply(refusals, &key, &refusal, &reported, &is_new);
	assert_non_null(limited);
	limited_describe(limited, NULL, a_stack("fetch_url"));
	return limited;
}

static void full_of(struct limited *limited, __u64 open, __u64 limit)
{
	limited->fds = (struct forecast){ .looked_ns = NOW, .fds_open = open, .fds_limit = limit };
}

static void expect_line(const struct limited *limited, const char *expected)
{
	struct summary summary = { .now_ns = NOW, .refusals = refusals };

	text_clear(&out);
	text_limit(&out, limited, &summary);
	assert_string_equal(text_str(&out), expected);
}

static void a_process_now(void **state)
{
	struct limited *limited = limited_of(123, EMFILE, 193, NOW - 13 * SECOND, NOW - SECOND);

	(void)state;
	full_of(limited, 64, 64);
	expect_line(limited,
		    "app[123] is at its limit now: 64 of 64 descriptors, socket() failed 193 "
		    "times in 12s, called from fetch_url (libtransport.so.2)");
	limited->over = true; /* nobody has called for a minute, and it is full all the same */
	limited->refusal.last_ns = NOW - 90 * SECOND;
	limited->refusal.first_ns = limited->refusal.last_ns;
	limited->refusal.count = 1;
	expect_line(limited, "app[123] is at its limit now: 64 of 64 descriptors, socket() failed "
			     "once, last 1m30s ago, called from fetch_url (libtransport.so.2)");
	limited->fds.looked_ns = 0; /* not known, so by when it failed */
	limited->refusal.last_ns = NOW;
	limited->over = false;
	limited_describe(limited, NULL, NULL);
	expect_line(limited, "app[123] is at its limit now: socket() failed once in 1m30s");
}

static void a_process_that_was(void **state)
{
	struct limited *limited =
		limited_of(123, EMFILE, 193, NOW - 192 * SECOND, NOW - 180 * SECOND);

	(void)state;
	full_of(limited, 20, 64);
	expect_line(limited,
		    "app[123] was at its limit 3m00s ago: socket() failed 193 times in 12s, "
		    "called from fetch_url (libtransport.so.2); now 20 of 64 descriptors");
	limited->ended = true;
	expect_line(limited,
		    "app[123] was at its limit 3m00s ago: socket() failed 193 times in 12s, "
		    "called from fetch_url (libtransport.so.2); it has ended");
}

static void the_host(void **state)
{
	struct limited *limited = limited_of(123, ENFILE, 5, NOW - SECOND, NOW);

	(void)state;
	refusals__note_host(refusals, NOW, 9000, 9000);
	expect_line(limited, "The host is at its limit now: 9000 of 9000 open files (fs.file-max), "
			     "socket() failed 5 times in 1s in app[123], called from fetch_url "
			     "(libtransport.so.2)");
	limited_of(124, ENFILE, 2, NOW - 13 * SECOND, NOW);
	expect_line(limited,
		    "The host is at its limit now: 9000 of 9000 open files (fs.file-max), "
		    "socket() failed 7 times in 13s in 2 processes, most in app[123], called "
		    "from fetch_url (libtransport.so.2)");
	limited_of(123, ENFILE, 5, NOW - 70 * SECOND, NOW - 60 * SECOND);
	limited_of(124, ENFILE, 2, NOW - 70 * SECOND, NOW - 65 * SECOND);
	expect_line(limited,
		    "The host was at its limit 1m00s ago: 9000 of 9000 open files "
		    "(fs.file-max), socket() failed 7 times in 10s in 2 processes, most in "
		    "app[123], called from fetch_url (libtransport.so.2)");
}

/* A filter of system calls, or no memory for the socket. */
static void enfile_for_another_reason(void **state)
{
	struct limited *limited = limited_of(123, ENFILE, 5, NOW - SECOND, NOW - SECOND);

	(void)state;
	refusals__note_host(refusals, NOW, 3814, 2466174);
	expect_line(limited, "socket() failed with ENFILE 1s ago, though the host had only 3814 of "
			     "2466174 files open: 5 times in app[123], called from fetch_url "
			     "(libtransport.so.2)");
}

static void enfile_and_the_host_was_not_read(void **state)
{
	struct limited *limited = limited_of(123, ENFILE, 5, NOW - SECOND, NOW - SECOND);

	(void)state;
	expect_line(limited, "socket() failed with ENFILE 1s ago; the host's count of open files "
			     "was not read: 5 times in app[123], called from fetch_url "
			     "(libtransport.so.2)");
}

static void expect_status(const char *expected)
{
	struct summary summary = { .now_ns = NOW, .refusals = refusals };

	text_clear(&out);
	assert_int_equal(text_limits_now(&out, &summary), expected != NULL);
	assert_string_equal(text_str(&out), expected ?: "");
}

static void a_status(void **state)
{
	struct limited *limited;

	(void)state;
	expect_status(NULL);
	limited = limited_of(123, EMFILE, 193, NOW - 13 * SECOND, NOW - SECOND);
	full_of(limited, 20, 64);
	expect_status(NULL);
	full_of(limited, 64, 64);
	expect_status("app[123] is at its limit of 64 descriptors");
	full_of(limited_of(124, EMFILE, 1, NOW, NOW), 64, 64);
	expect_status("2 processes are at their limit of descriptors, app[124] the last of them");
	limited_of(123, ENFILE, 5, NOW - SECOND, NOW);
	refusals__note_host(refusals, NOW, 9000, 9000);
	expect_status("the host is at its limit of open files; 2 processes are at their limit of "
		      "descriptors, app[124] the last of them");
}

/* ---- In a report ---- */

static void begins_with(const char *report, const char *expected)
{
	if (strncmp(report, expected, strlen(expected)))
		assert_string_equal(report, expected);
}

static void it_comes_first_and_then_the_leak(void **state)
{
	struct summary summary = { .refusals = refusals };
	struct limited *limited = limited_of(4242, EMFILE, 193, NOW, NOW);
	char *report;

	(void)state;
	full_of(limited, 6, 6);
	limited->stack->site = 1; /* a bystander's call, not the one that leaks */
	report = report_on(4, "ruby", a_stack("SslSocket::SslSocket()"), &whole, &summary);
	begins_with(report,
		    "app[4242] is at its limit now: 6 of 6 descriptors, socket() failed 193 "
		    "times, called from fetch_url (libtransport.so.2)\n"
		    "ruby[4242] leaks sockets: 4 open, +6.0/min, oldest 1m05s\n"
		    "in SslSocket::SslSocket() (libtransport.so.2)\n\n");
	assert_non_null(strstr(report, "\nWhere socket() failed in app[4242], stack by fp:\n"));
	assert_null(strstr(report, "see ls -l")); /* most of them are these sockets */
	free(report);
}

static void the_stack_is_shown_once(void **state)
{
	struct summary summary = { .refusals = refusals };
	char *report;

	(void)state;
	limited_of(4242, EMFILE, 193, NOW, NOW); /* the same site as the leak's */
	report = report_on(4, "ruby", a_stack("fetch_url"), &whole, &summary);
	assert_null(strstr(report, "Where socket() failed"));
	assert_non_null(strstr(report, "creates them"));
	free(report);
}

static void other_files_fill_it(void **state)
{
	struct limited *limited = limited_of(4242, EMFILE, 193, NOW - 6 * SECOND, NOW - 6 * SECOND);
	struct summary summary = { .refusals = refusals };
	char *report;

	(void)state;
	full_of(limited, 64, 64);
	report = report_on(0, "", NULL, &whole, &summary);
	begins_with(report,
		    "app[4242] is at its limit now: 64 of 64 descriptors, socket() failed 193 "
		    "times, called from fetch_url (libtransport.so.2)\n"
		    "None of its descriptors is a leaked socket: see ls -l /proc/4242/fd\n"
		    "No leaked sockets: none stayed unconnected for 5s, watched for 1m40s\n");
	free(report);
	limited->kinds_ns = NOW;
	limited->by_kind[DESCRIPTOR_REGULAR] = 4;
	limited->by_kind[DESCRIPTOR_EVENTFD] = 60;
	report = report_on(0, "", NULL, &whole, &summary);
	assert_non_null(strstr(report, "\nNone of its descriptors is a leaked socket: 60 eventfd, "
				       "4 regular files\n"));
	free(report);
	limited->kinds_ns = 0;
	report = report_on(1, "ruby", NULL, &whole, &summary);
	assert_non_null(strstr(report,
			       "\nOnly 1 of its descriptors is an unconnected socket: see ls "
			       "-l /proc/4242/fd\n"));
	free(report);
}

static void nothing_is_said_when_sockets_were_missed(void **state)
{
	const enum counter losses[] = { COUNTER_MAP_FULL, COUNTER_ADOPT_FULL, COUNTER_YOUNG_BUSY };
	char *report;

	(void)state;
	full_of(limited_of(4242, EMFILE, 193, NOW - 6 * SECOND, NOW - 6 * SECOND), 64, 64);
	for (size_t i = 0; i < sizeof(losses) / sizeof(losses[0]); i++) {
		struct summary summary = { .refusals = refusals };

		summary.counters[losses[i]] = 1;
		report = report_on(0, "", NULL, &whole, &summary);
		assert_null(strstr(report, "of its descriptors is"));
		free(report);
	}
}

static void expect_reason(struct summary *summary, bool held_back, bool expected)
{
	struct leaks *leaks = leaks__new(~0U, SECOND, ignore, NULL);
	struct owner *owner = owner_new(NULL, NULL, NULL);
	struct event event = a_event(1, "ruby");
	char *report;

	event.maybe_in_use = true;
	if (held_back)
		assert_int_equal(leaks__apply(leaks, &event, owner, NULL), 0);
	report = report_of(leaks, summary);
	assert_int_equal(summary->leaks.held_back, held_back);
	begins_with(report, "app[4242] is at its limit now: 64 of 64 descriptors");
	assert_int_equal(strstr(report, " of its descriptors ") != NULL, expected);
	free(report);
	owner_unref(owner);
}

/* What is not in the report may fill the table all the same. */
static void what_fills_it_may_be_hidden(void **state)
{
	struct summary summary = { .refusals = refusals };
	struct limited *limited = limited_of(4242, EMFILE, 1, NOW - 6 * SECOND, NOW - 6 * SECOND);

	(void)state;
	full_of(limited, 64, 64);
	expect_reason(&summary, false, true);
	expect_reason(&summary, true, false);
	summary.unwanted = 1U << CLASS_PROBED;
	expect_reason(&summary, false, false);
	summary.unwanted = 1U << CLASS_WAS_CONNECTED;
	limited->refusal.first_ns = NOW - 5 * SECOND; /* its sockets may be younger than 5s */
	expect_reason(&summary, false, false);
}

static void what_fills_it_may_be_suppressed(void **state)
{
	_cleanup_text_ struct text error = TEXT_INIT;
	struct summary summary = { .refusals = refusals };
	struct event event = a_event(1, "ruby");
	struct owner *owner = owner_new(NULL, NULL, NULL);
	struct suppressions *suppressions;
	char path[] = "/tmp/sockleak-suppress-XXXXXX";
	int fd = mkstemp(path);

	(void)state;
	assert_true(fd >= 0);
	assert_int_equal(write(fd, "[a]\ncomm = ruby\n", 16), 16);
	close(fd);
	assert_int_equal(suppressions__load(path, &suppressions, &error), 0);
	unlink(path);
	full_of(limited_of(4242, EMFILE, 1, NOW - 6 * SECOND, NOW - 6 * SECOND), 64, 64);
	summary.suppressions = suppressions;
	expect_reason(&summary, false, true);
	assert_true(suppressions__take(suppressions, &event, owner, NULL));
	expect_reason(&summary, false, false);
	suppressions__forget(suppressions, &event.socket);
	expect_reason(&summary, false, true);
	suppressions__free(suppressions);
	owner_unref(owner);
}

static void many_are_summed_up(void **state)
{
	struct summary summary = { .refusals = refusals };
	char *report;

	(void)state;
	for (__u32 i = 0; i < 5; i++)
		full_of(limited_of(i + 1, EMFILE, 1, NOW - i, NOW - i), 64, 64);
	report = report_on(0, "", NULL, &whole, &summary);
	begins_with(report, "app[1] is at its limit now: ");
	assert_non_null(strstr(report, "\napp[3] is at its limit now: "));
	assert_null(strstr(report, "app[4]"));
	assert_non_null(strstr(report, "\n2 more processes are or were at their limit\n"));
	free(report);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(a_process_now, begin, end),
		cmocka_unit_test_setup_teardown(a_process_that_was, begin, end),
		cmocka_unit_test_setup_teardown(the_host, begin, end),
		cmocka_unit_test_setup_teardown(enfile_for_another_reason, begin, end),
		cmocka_unit_test_setup_teardown(enfile_and_the_host_was_not_read, begin, end),
		cmocka_unit_test_setup_teardown(a_status, begin, end),
		cmocka_unit_test_setup_teardown(it_comes_first_and_then_the_leak, begin, end),
		cmocka_unit_test_setup_teardown(the_stack_is_shown_once, begin, end),
		cmocka_unit_test_setup_teardown(other_files_fill_it, begin, end),
		cmocka_unit_test_setup_teardown(nothing_is_said_when_sockets_were_missed, begin,
						end),
		cmocka_unit_test_setup_teardown(what_fills_it_may_be_hidden, begin, end),
		cmocka_unit_test_setup_teardown(what_fills_it_may_be_suppressed, begin, end),
		cmocka_unit_test_setup_teardown(many_are_summed_up, begin, end),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
