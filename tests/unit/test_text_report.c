/* SPDX-License-Identifier: BSD-2-Clause */
/* text_report and evidence: what a person reads. */
#include <stdarg.h>
#include <setjmp.h>
#include <stddef.h>
#include <stdint.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cmocka.h>

#include "evidence.h"
#include "text_report.h"

#define SECOND 1000000000ULL
#define NOW (1000 * SECOND)

static void ignore(const struct leak *leak, enum leaks_change change, void *ctx)
{
	(void)leak, (void)change, (void)ctx;
}

static struct stack *a_stack(const char *function)
{
	struct stack *stack = stack_new(2);

	stack->source = STACK_FP;
	stack->site = 0xabcdef;
	stack->frames[0].function = strdup("socket");
	stack->frames[0].module = strdup("/lib/x86_64-linux-gnu/libc.so.6");
	stack->frames[0].plumbing = PLUMBING_LIBC;
	if (function) {
		stack->frames[1].function = strdup(function);
		stack->frames[1].file = strdup("src/transport.cpp");
		stack->frames[1].line = 42;
	}
	stack->frames[1].module = strdup("/usr/lib/libtransport.so.2");
	stack->frames[1].offset = 0x1234;
	return stack;
}

static struct verdict a_verdict(__u64 inode, const char *comm)
{
	struct verdict verdict = { .kind = VERDICT_LEAK, .class = CLASS_PROBED, .tgid = 4242 };

	verdict.socket.inode = inode;
	verdict.socket.tgid = 4242;
	verdict.socket.since_ns = NOW - 65 * SECOND;
	verdict.socket.family = AF_INET;
	verdict.socket.type = SOCK_STREAM;
	verdict.socket.protocol = IPPROTO_TCP;
	verdict.socket.evidence.enotconn = 1;
	verdict.socket.evidence.first_enotconn_ns = verdict.socket.since_ns + 14000;
	strncpy(verdict.comm, comm, sizeof(verdict.comm) - 1);
	return verdict;
}

/* Verdicts on the socket of inode 1 that come behind the others. */
static const struct verdict *more;
static unsigned int n_more;

/* A report on `count` sockets, each seen by a sweep of its own. */
static char *report_on(int count, const char *comm, struct stack *stack,
		       const struct text_layout *layout, struct summary *summary)
{
	struct leaks *leaks = leaks__new(~0U, SECOND, ignore, NULL);
	struct owner *owner = owner_new(NULL, NULL, NULL);
	struct text out = TEXT_INIT;

	owner->command = strdup("ruby worker.rb --all");
	for (int i = 0; i < count; i++) {
		struct verdict verdict = a_verdict((__u64)i + 1, comm);

		verdict.socket.since_ns += (__u64)i * 10 * SECOND;
		verdict.socket.evidence.first_enotconn_ns += (__u64)i * 10 * SECOND;
		assert_int_equal(leaks__apply(leaks, &verdict, owner, stack), 0);
		leaks__tick(leaks, NOW - (__u64)(count - 1 - i) * SECOND);
	}
	for (unsigned int i = 0; i < n_more; i++)
		assert_int_equal(leaks__apply(leaks, &more[i], NULL, NULL), 0);
	summary->now_ns = NOW;
	summary->started_ns = NOW - 100 * SECOND;
	summary->older_than_ns = 5 * SECOND;
	summary->hooks = "tracepoint";
	summary->leaks = leaks__totals(leaks);
	text_report(&out, leaks, summary, layout);
	assert_int_equal(text_error(&out), 0);
	leaks__free(leaks);
	owner_unref(owner);
	stack_unref(stack);
	return out.data;
}

static const struct text_layout whole = { .top = 10, .stacks = 3 };

static void the_first_line_is_the_answer(void **state)
{
	struct summary summary = { 0 };
	char *report = report_on(4, "ruby", a_stack("SslSocket::SslSocket()"), &whole, &summary);
	const char *expected = "ruby[4242] leaks sockets: 4 open, +60/min, oldest 1m05s\n"
			       "in SslSocket::SslSocket() (libtransport.so.2)\n";

	(void)state;
	assert_memory_equal(report, expected, strlen(expected));
	assert_non_null(strstr(report, "leaking      4242 ruby                4     +60  1m05s  "));
	assert_non_null(strstr(report, "getpeername answered ENOTCONN once, after 14us"));
	assert_non_null(strstr(report, "(site 0000000000abcdef)"));
	assert_non_null(strstr(report, "at src/transport.cpp:42\n"));
	assert_non_null(strstr(report, "Nothing was lost."));
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
	const char *expected = "ruby[4242] leaks sockets: 4 open, +60/min, oldest 1m05s, EMFILE in "
			       "5m00s\n";

	(void)state;
	for (__u64 i = 0; i < 4; i++) {
		struct verdict verdict = a_verdict(i + 1, "ruby");

		verdict.socket.since_ns += i * 20 * SECOND;
		assert_int_equal(leaks__apply(leaks, &verdict, owner, NULL), 0);
		leaks__tick(leaks, NOW - (3 - i) * SECOND);
	}
	assert_int_equal(leaks__sites(leaks, &sites), 1);
	sites[0]->processes->forecast = (struct forecast){
		.looked_ns = NOW, .fds_open = 724, .fds_limit = 1024,
		.per_minute = leaks__process_rate(leaks, 4242),
	};
	text_report(&out, leaks, &summary, &whole);
	assert_memory_equal(text_str(&out), expected, strlen(expected));
	assert_non_null(strstr(text_str(&out),
			       "724 of 1024 descriptors open, EMFILE in 5m00s at this rate\n"));
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
				   .uncertain = 1 };
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
		struct verdict verdict = a_verdict(inode, "ruby");

		verdict.unknowable = inode == 1;
		if (inode == 2) {
			verdict.tgid = 4243;
			verdict.class = CLASS_UNKNOWN_ORIGIN;
			verdict.socket.since_ns = 0;
			verdict.socket.flags = PENDING_ORIGIN_UNKNOWN;
		}
		assert_int_equal(leaks__apply(leaks, &verdict, owner, NULL), 0);
	}
	leaks__tick(leaks, NOW);
	summary.leaks = leaks__totals(leaks);
	summary.counters[COUNTER_FILES_SWEPT] = 12345;
	text_report(&out, leaks, &summary, &whole);
	assert_memory_equal(text_str(&out), expected, strlen(expected));
	assert_non_null(strstr(text_str(&out), unknown));
	assert_non_null(strstr(strstr(text_str(&out), unknown), maybe));
	assert_non_null(strstr(text_str(&out), "; may be in use\n"));
	assert_non_null(strstr(text_str(&out), "Looked at 12345 descriptors in 20ms\n"));
	assert_non_null(strstr(text_str(&out), "as sockleak[77] saw them, watching for 1h"));
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
	const char *expected = "Too early to tell: a socket counts when unconnected for 5s, "
			       "watched for 2s\n";

	(void)state;
	text_report(&out, leaks, &summary, &whole);
	assert_memory_equal(text_str(&out), expected, strlen(expected));
	text_free(&out);
	leaks__free(leaks);
}

static char *report_of(struct leaks *leaks, struct summary *summary)
{
	struct text out = TEXT_INIT;

	summary->now_ns = NOW;
	summary->started_ns = NOW - 100 * SECOND;
	summary->older_than_ns = 5 * SECOND;
	summary->hooks = "tracepoint";
	summary->leaks = leaks__totals(leaks);
	text_report(&out, leaks, summary, &whole);
	leaks__free(leaks);
	return out.data;
}

static void nothing_watched_is_no_all_clear(void **state)
{
	struct summary summary = { .nothing_watched = true };
	char *report = report_of(leaks__new(~0U, SECOND, ignore, NULL), &summary);
	const char *expected = "Nothing was watched: no such unit, container or pod in 1m40s\n";

	(void)state;
	assert_memory_equal(report, expected, strlen(expected));
	free(report);
}

static void leaks_that_have_ended_are_no_all_clear(void **state)
{
	struct leaks *leaks = leaks__new(~0U, SECOND, ignore, NULL);
	struct owner *owner = owner_new(NULL, NULL, NULL);
	struct summary summary = { 0 };
	const char *expected = "No leaked sockets are open now, but 3 were: 1 closed, 2 ended with "
			       "their process\n";
	char *report;

	(void)state;
	for (__u64 inode = 1; inode <= 3; inode++) {
		struct verdict verdict = a_verdict(inode, "job");

		assert_int_equal(leaks__apply(leaks, &verdict, owner, NULL), 0);
		verdict.kind = VERDICT_ENDED;
		verdict.reason = inode == 1 ? END_CLOSED : END_EXITED;
		assert_int_equal(leaks__apply(leaks, &verdict, NULL, NULL), 0);
	}
	report = report_of(leaks, &summary);
	assert_memory_equal(report, expected, strlen(expected));
	owner_unref(owner);
	free(report);
}

/* What the leaking process holds from before must not look like its own, small leak. */
static void what_is_older_than_the_watch_is_told(void **state)
{
	struct leaks *leaks = leaks__new(~0U, SECOND, ignore, NULL);
	struct owner *owner = owner_new(NULL, NULL, NULL);
	struct stack *stack = a_stack("open_session");
	struct verdict fresh = a_verdict(99, "job");
	struct summary summary = { 0 };
	char *report;

	(void)state;
	for (__u64 inode = 1; inode <= 13; inode++) {
		struct verdict verdict = a_verdict(inode, "ruby");

		if (inode > 4) {
			verdict.class = CLASS_UNKNOWN_ORIGIN;
			verdict.socket.flags = PENDING_ORIGIN_UNKNOWN;
			verdict.tgid = inode > 11 ? 77 : 4242;
		}
		verdict.socket.since_ns += inode * 10 * SECOND;
		if (leaks__apply(leaks, &verdict, owner, inode > 4 ? NULL : stack))
			fail();
		leaks__tick(leaks, NOW - (inode > 4 ? 0 : 13 - inode) * SECOND);
	}
	fresh.tgid = fresh.socket.tgid = 99;
	assert_int_equal(leaks__apply(leaks, &fresh, owner, NULL), 0);
	report = report_of(leaks, &summary);
	assert_non_null(strstr(report, "leaks sockets: 4 open, "));
	assert_non_null(strstr(report, "\nIt also holds 7 of unknown origin: older than this "
				       "watch, or of io_uring\n"
				       "More: 1 place holds new sockets, 1 holds some of "
				       "unknown origin\n"));
	assert_non_null(strstr(report, "\nold          4242 ruby                7"));
	stack_unref(stack);
	owner_unref(owner);
	free(report);
}

static void only_older_ones_are_not_idle(void **state)
{
	struct leaks *leaks = leaks__new(~0U, SECOND, ignore, NULL);
	struct owner *owner = owner_new(NULL, NULL, NULL);
	struct verdict verdict = a_verdict(1, "ruby");
	struct summary summary = { 0 };
	const char *expected = "ruby[4242] holds 1 unconnected socket of unknown origin, for at "
			       "least 1m05s\n";
	char *report;

	(void)state;
	verdict.class = CLASS_UNKNOWN_ORIGIN;
	verdict.socket.flags = PENDING_ORIGIN_UNKNOWN;
	assert_int_equal(leaks__apply(leaks, &verdict, owner, NULL), 0);
	leaks__tick(leaks, NOW);
	report = report_of(leaks, &summary);
	assert_memory_equal(report, expected, strlen(expected));
	owner_unref(owner);
	free(report);
}

static void a_small_screen_keeps_the_losses(void **state)
{
	struct text_layout layout = { .top = 10, .stacks = 3, .columns = 80, .rows = 9 };
	struct summary summary = { 0 };
	char *report;

	(void)state;
	summary.counters[COUNTER_MAP_FULL] = 12;
	report = report_on(4, "ruby", a_stack("f"), &layout, &summary);
	assert_non_null(strstr(report, "leaks sockets: 4 open"));
	assert_non_null(strstr(report, "Lost: map_full 12"));
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

static void all_holders_are_named(void **state)
{
	struct verdict verdicts[] = {
		{ .kind = VERDICT_HELD, .tgid = 4242, .fd = 5, .comm = "ruby" },
		{ .kind = VERDICT_HELD, .tgid = 4300, .fd = 5, .comm = "child\033[2J" },
		{ .kind = VERDICT_HELD, .tgid = 4301, .fd = 5, .comm = "child" },
	};
	struct summary summary = { 0 };
	char *report;

	(void)state;
	for (int i = 0; i < 3; i++)
		verdicts[i].socket = a_verdict(1, "").socket;
	more = verdicts;
	n_more = 3;
	report = report_on(1, "ruby", NULL, &whole, &summary);
	assert_non_null(strstr(report, "also held by child\\x1b[2J[4300], child[4301]\n"));
	assert_null(strstr(report, "made by process"));
	free(report);

	/* The creator lets it go; who is named as the holder is another. */
	verdicts[0].kind = VERDICT_CHANGED;
	verdicts[0].class = CLASS_PROBED;
	verdicts[0].tgid = 4300;
	verdicts[1].kind = VERDICT_LEFT;
	verdicts[1].tgid = 4242;
	n_more = 2;
	report = report_on(1, "ruby", NULL, &whole, &summary);
	assert_non_null(strstr(report, "made by process 4242, which has ended or let it go\n"));
	assert_null(strstr(report, "also held by"));
	free(report);
	n_more = 0;
}

static void losses_are_named_with_a_remedy(void **state)
{
	struct summary summary = { 0 };
	char *report;

	(void)state;
	summary.counters[COUNTER_MAP_FULL] = 12;
	report = report_on(1, "ruby", NULL, &whole, &summary);
	assert_non_null(strstr(report, "Lost: map_full 12 (sockets not tracked: raise "
				       "--max-sockets)\n"));
	assert_null(strstr(report, "Nothing was lost."));
	free(report);

	summary.counters[COUNTER_MAP_FULL] = 0;
	summary.counters[COUNTER_RING_FULL] = 3;
	report = report_on(1, "ruby", NULL, &whole, &summary);
	assert_non_null(strstr(report, "Late: ring_full 3 (verdicts sent a sweep late: raise "
				       "--ring-size)\nNothing was lost.\n"));
	free(report);
}

static void hostile_names_do_not_reach_the_terminal(void **state)
{
	struct summary summary = { 0 };
	char *report = report_on(1, "a\033[2Jb\nc\xff", a_stack("f\033]0;x\007"), &whole, &summary);

	(void)state;
	assert_null(strchr(report, '\033'));
	assert_null(strchr(report, '\007'));
	assert_null(strchr(report, '\xff'));
	assert_non_null(strstr(report, "a\\x1b[2Jb\\x0ac"));
	free(report);
}

static void a_layout_cuts_columns_and_rows(void **state)
{
	struct text_layout layout = { .top = 10, .stacks = 3, .columns = 40, .rows = 5 };
	struct summary summary = { 0 };
	char *report = report_on(4, "ruby", a_stack("f"), &layout, &summary), *line, *rest;
	int lines = 0;

	(void)state;
	for (line = strtok_r(report, "\n", &rest); line; line = strtok_r(NULL, "\n", &rest)) {
		assert_true(strlen(line) <= 40);
		lines++;
	}
	assert_true(lines <= 5);
	free(report);
}

/* What is cut off is what is looked for: who it was from, and the line. */
static void a_narrow_screen_wraps_at_words(void **state)
{
	struct text_layout layout = { .top = 10, .stacks = 3, .columns = 60, .rows = 50 };
	struct summary summary = { 0 };
	char *report = report_on(4, "ruby", a_stack("Ssl::SslSocket::SslSocket(Context const&)"),
				 &layout, &summary);
	const char *answer = "ruby[4242] leaks sockets: 4 open, +60/min, oldest 1m05s\n"
			     "in Ssl::SslSocket::SslSocket(Context const&)\n"
			     "  (libtransport.so.2)\n";

	(void)state;
	assert_memory_equal(report, answer, strlen(answer));
	assert_non_null(strstr(report, "OPEN PER MIN OLDEST\n")); /* the class is told below */
	assert_non_null(strstr(report, "ruby                4     +60  1m05s\n"));
	assert_non_null(strstr(report, "         AF_INET SOCK_STREAM: getpeername answered "
				       "ENOTCONN\n           once, after 14us\n"));
	assert_non_null(strstr(report, "\n    (libtransport.so.2) at src/transport.cpp:42\n"));
	assert_non_null(strstr(report, "Seen in 1m40s: 0 socket, 0 connect, "));
	assert_null(strstr(report, " 0 close\n")); /* the foot is cut, for the table's sake */
	free(report);
}

static void a_wide_screen_takes_the_place_into_the_first_line(void **state)
{
	struct text_layout layout = { .top = 10, .stacks = 3, .columns = 120, .rows = 50 };
	struct summary summary = { 0 };
	char *report = report_on(4, "ruby", a_stack("SslSocket::SslSocket()"), &layout, &summary);
	const char *expected = "ruby[4242] leaks sockets: 4 open, +60/min, oldest 1m05s, "
			       "in SslSocket::SslSocket() (libtransport.so.2)\n";

	(void)state;
	assert_memory_equal(report, expected, strlen(expected));
	free(report);
}

/* A long package, and an interpreter, whose command line alone names the program. */
static void an_interpreter_is_told_with_what_it_runs(void **state)
{
	struct stack *stack = a_stack("rsock_socket");
	struct summary summary = { 0 };
	char *report;

	(void)state;
	stack->frames[1].plumbing = PLUMBING_RUNTIME;
	stack->package = strdup("libruby3.1 3.1.7+really3.1.2-0+deb12u1");
	report = report_on(1, "ruby", stack, &whole, &summary);
	assert_non_null(strstr(report, "         in rsock_socket (libtransport.so.2)\n"
				       "         of package libruby3.1 "
				       "3.1.7+really3.1.2-0+deb12u1\n"
				       "         run as ruby worker.rb --all\n"));
	free(report);
	report = report_on(1, "ruby", a_stack("leak"), &whole, &summary);
	assert_null(strstr(report, "run as"));
	free(report);
}

/* A million marks that take no column: cutting such a line must not look back for each. */
static void a_line_of_marks_is_cut_in_time(void **state)
{
	const struct text_layout layout = { .columns = 80, .top = 10, .stacks = 3 };
	struct summary summary = { 0 };
	size_t len = 0, marks = 1 << 20;
	char *name = malloc(2 * marks + 101), *report, *line, *rest;
	unsigned int cut = 0;

	(void)state;
	assert_non_null(name);
	for (; marks; marks--, len += 2)
		memcpy(name + len, "\u0301", 2);
	memset(name + len, 'a', 100);
	name[len + 100] = '\0';
	alarm(60);
	report = report_on(1, "ruby", a_stack(name), &layout, &summary);
	alarm(0);
	for (line = strtok_r(report, "\n", &rest); line; line = strtok_r(NULL, "\n", &rest)) {
		assert_true(text_width(line) <= 80);
		cut += strlen(line) > len && text_width(line) == 80;
	}
	assert_true(cut > 0);
	free(name);
	free(report);
}

static void assert_evidence(const struct leak *leak, const char *expected)
{
	struct text text = TEXT_INIT;

	evidence_add(&text, leak);
	assert_string_equal(text_str(&text), expected);
	text_free(&text);
}

static void evidence_in_words(void **state)
{
	struct sockaddr_in to = { .sin_family = AF_INET, .sin_port = htons(5672) };
	struct leak leak = { .verdict = a_verdict(1, "ruby") };
	struct evidence *evidence = &leak.verdict.socket.evidence;

	(void)state;
	assert_evidence(&leak, "getpeername answered ENOTCONN once, after 14us");
	evidence->enotconn = 3;
	evidence->first_enotconn_ns += 2 * SECOND;
	assert_evidence(&leak, "getpeername answered ENOTCONN 3 times, first after 2s");

	evidence->bind_tries = 2;
	evidence->bind_errno = EADDRINUSE;
	assert_evidence(&leak, "bind failed 2 times, EADDRINUSE");
	evidence->bound = 1;
	assert_evidence(&leak, "bound, neither connected nor listening");

	to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	evidence->connect_tries = 1;
	assert_evidence(&leak, "connect failed once");
	evidence->dest_len = sizeof(to);
	memcpy(evidence->dest, &to, sizeof(to));
	assert_evidence(&leak, "connect failed once, to 127.0.0.1:5672");
	leak.verdict.error = ETIMEDOUT;
	assert_evidence(&leak, "connect failed once, ETIMEDOUT from 127.0.0.1:5672");
	evidence->connect_errno = ECONNREFUSED;
	assert_evidence(&leak, "connect failed once, ECONNREFUSED from 127.0.0.1:5672");
}

static void evidence_of_unknown_origin_has_no_delay(void **state)
{
	struct leak leak = { .verdict = a_verdict(1, "ruby") };

	(void)state;
	leak.verdict.socket.flags = PENDING_ORIGIN_UNKNOWN;
	leak.verdict.class = CLASS_UNKNOWN_ORIGIN;
	assert_evidence(&leak, "origin not seen; getpeername answered ENOTCONN once");
	leak.verdict.class = CLASS_WAS_CONNECTED;
	assert_evidence(&leak, "was connected once");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_first_line_is_the_answer),
		cmocka_unit_test(a_leak_has_a_time_left),
		cmocka_unit_test(nothing_found_is_an_answer),
		cmocka_unit_test(a_scan),
		cmocka_unit_test(too_early_is_no_all_clear),
		cmocka_unit_test(nothing_watched_is_no_all_clear),
		cmocka_unit_test(leaks_that_have_ended_are_no_all_clear),
		cmocka_unit_test(what_is_older_than_the_watch_is_told),
		cmocka_unit_test(only_older_ones_are_not_idle),
		cmocka_unit_test(a_small_screen_keeps_the_losses),
		cmocka_unit_test(a_narrow_screen_wraps_at_words),
		cmocka_unit_test(a_wide_screen_takes_the_place_into_the_first_line),
		cmocka_unit_test(an_interpreter_is_told_with_what_it_runs),
		cmocka_unit_test(a_single_socket_is_not_leaking),
		cmocka_unit_test(all_holders_are_named),
		cmocka_unit_test(losses_are_named_with_a_remedy),
		cmocka_unit_test(hostile_names_do_not_reach_the_terminal),
		cmocka_unit_test(a_layout_cuts_columns_and_rows),
		cmocka_unit_test(a_line_of_marks_is_cut_in_time),
		cmocka_unit_test(evidence_in_words),
		cmocka_unit_test(evidence_of_unknown_origin_has_no_delay),
	};

	return cmocka_run_group_tests_name("text_report", tests, NULL, NULL);
}
