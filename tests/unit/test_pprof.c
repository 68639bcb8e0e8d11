/* SPDX-License-Identifier: BSD-2-Clause */
/* pprof: which leaks are in a profile, with which values and labels. */
#include "leaks_fixture.h"
#include "profile_fixture.h"

#include <arpa/inet.h>
#include <netinet/in.h>

#include "report/pprof/pprof.h"

static struct text profile_of(struct fixture *fixture, bool is_scan)
{
	struct summary summary = { .now_ns = fixture->now_ns, .is_scan = is_scan };
	struct text out = TEXT_INIT;

	assert_int_equal(pprof_add(&out, fixture->leaks, &summary), 0);
	return out;
}

static void expect_profile(struct fixture *fixture, bool is_scan, const char *lines)
{
	struct text out = profile_of(fixture, is_scan);

	expect_samples(&out, lines);
	text_free(&out);
}

/* With three frames, which the fixture's own stack has not. */
static void use_stack(struct fixture *fixture)
{
	stack_unref(fixture->stack);
	fixture->stack = three_frames("open_it");
}

static void sockets_of_a_stack_are_added_up(void **state)
{
	struct fixture *fixture = *state;

	use_stack(fixture);
	expect_profile(fixture, false, "");
	for (__u64 inode = 1; inode <= 3; inode++) {
		struct event event = event_of(fixture, inode, 42); /* 5 s old */

		apply(fixture, &event);
	}
	expect_profile(fixture, false,
		       "0000000000abcdef ruby open_it a.c:7 /usr/lib/libx.so 3 3 15\n");
}

/* What ended is still a socket that was created: without a pid, of which there may be many. */
static void ended_ones_were_created(void **state)
{
	struct fixture *fixture = *state;
	struct event first, second;

	use_stack(fixture);
	first = event_of(fixture, 1, 42);
	second = event_of(fixture, 2, 43);
	apply(fixture, &first);
	apply(fixture, &second);
	end(fixture, first, END_CLOSED);
	expect_profile(fixture, false,
		       "0000000000abcdef ruby open_it a.c:7 /usr/lib/libx.so 1 1 5\n"
		       "0000000000abcdef ruby open_it a.c:7 /usr/lib/libx.so 0 1 0\n");
	end(fixture, second, END_EXITED);
	expect_profile(fixture, false,
		       "0000000000abcdef ruby open_it a.c:7 /usr/lib/libx.so 0 2 0\n");
}

static void what_is_held_back_is_left_out(void **state)
{
	struct fixture *fixture = *state;
	struct event event;

	use_stack(fixture);
	event = event_of(fixture, 1, 42);
	event.maybe_in_use = 1;
	apply(fixture, &event);
	expect_profile(fixture, false, "");
	event = event_of(fixture, 2, 42);
	apply(fixture, &event);
	expect_profile(fixture, false,
		       "0000000000abcdef ruby open_it a.c:7 /usr/lib/libx.so 1 1 5\n");
}

static void a_scan_leaves_out_what_may_be_in_use(void **state)
{
	struct fixture *fixture = *state;
	struct event event;

	use_stack(fixture);
	leaks__group_by_process(fixture->leaks);
	leaks__tune(fixture->leaks, 1, 1); /* as a scan does, so that they are shown */
	event = event_of(fixture, 1, 42);
	apply(fixture, &event);
	event = event_of(fixture, 2, 42);
	event.maybe_in_use = 1;
	apply(fixture, &event);
	leaks__tick(fixture->leaks, fixture->now_ns);
	leaks__add_up(fixture->leaks);
	expect_profile(fixture, true,
		       "0000000000abcdef ruby open_it a.c:7 /usr/lib/libx.so 1 1 5\n");
}

/* Neither a time of birth nor a stack. */
static void of_unknown_origin(void **state)
{
	struct fixture *fixture = *state;
	struct event event = event_of(fixture, 1, 42);

	event.class = CLASS_UNKNOWN_ORIGIN;
	event.socket.flags = PENDING_ORIGIN_UNKNOWN;
	assert_int_equal(leaks__apply(fixture->leaks, &event, fixture->owner, NULL), 0);
	expect_profile(fixture, false, "- ruby [origin unknown] -:0 - 1 1 0\n");
}

static void expect_once(const struct text *bytes, const char *string)
{
	if (occurrences(bytes, string, strlen(string)) != 1)
		fail_msg("'%s' is not in the profile once", string);
}

static void labels_are_what_is_known(void **state)
{
	static const char *const strings[] = { "app.service",
					       "box",
					       "connect_failed",
					       "AF_INET",
					       "ECONNREFUSED",
					       "192.0.2.1:80",
					       "pid",
					       "sockleak " SOCKLEAK_VERSION };
	struct fixture *fixture = *state;
	struct event event = event_of(fixture, 1, 42);
	struct sockaddr_in to = { .sin_family = AF_INET, .sin_port = htons(80) };
	struct text out, bytes;

	fixture->owner->unit = strdup("app.service");
	fixture->owner->machine = strdup("box");
	memset(fixture->owner->workload.container, 'c', WORKLOAD_CONTAINER_LEN);
	inet_pton(AF_INET, "192.0.2.1", &to.sin_addr);
	event.class = CLASS_CONNECT_FAILED;
	event.socket.family = AF_INET;
	event.socket.evidence.connect_tries = 1;
	event.socket.evidence.connect_errno = ECONNREFUSED;
	memcpy(event.socket.evidence.dest, &to, sizeof(to));
	event.socket.evidence.dest_len = sizeof(to);
	apply(fixture, &event);
	out = profile_of(fixture, false);
	bytes = inflated(&out);
	for (size_t i = 0; i < sizeof(strings) / sizeof(strings[0]); i++)
		expect_once(&bytes, strings[i]);
	expect_once(&bytes, fixture->owner->workload.container);
	text_free(&bytes);
	text_free(&out);
}

/* The error path, beside what created the socket. */
static void the_failed_call_is_a_label(void **state)
{
	struct fixture *fixture = *state;
	struct event event = event_of(fixture, 1, 42);
	struct tried tried = { .stack = three_frames("gives_up"), .call = CALL_CONNECT };
	struct text out, bytes;

	use_stack(fixture);
	assert_int_equal(
		leaks__apply_tried(fixture->leaks, &event, fixture->owner, fixture->stack, &tried),
		0);
	out = profile_of(fixture, false);
	bytes = inflated(&out);
	expect_once(&bytes, "failed_in");
	expect_once(&bytes, "gives_up");
	text_free(&bytes);
	text_free(&out);
	stack_unref(tried.stack);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(sockets_of_a_stack_are_added_up),	    TEST(ended_ones_were_created),
		TEST(what_is_held_back_is_left_out),	    TEST(of_unknown_origin),
		TEST(a_scan_leaves_out_what_may_be_in_use), TEST(labels_are_what_is_known),
		TEST(the_failed_call_is_a_label),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
