/* SPDX-License-Identifier: BSD-2-Clause */
/* ended: sites whose sockets ended with their processes, and what a report says of them. */
#include "report_fixture.h"

#include "leaks/ended.h"

static struct leaks *leaks;
static struct owner *owner;
static struct stack *stack;
static struct summary summary;

static int begin(void **state)
{
	(void)state;
	leaks = leaks__new(~0U, SECOND, ignore, NULL);
	owner = owner_new(NULL, NULL, strdup("jobs.service"));
	stack = a_stack("open_session");
	summary = (struct summary){ .now_ns = NOW, .hooks = "tracepoint" };
	return leaks && owner && stack ? 0 : -1;
}

static int end(void **state)
{
	(void)state;
	leaks__free(leaks);
	owner_unref(owner);
	stack_unref(stack);
	return 0;
}

/* One of a process, made so many seconds before now. */
static struct event socket_of(__u32 tgid, unsigned int number, unsigned int before_s)
{
	struct event event = a_event((__u64)tgid * 1000 + number, "job");

	event.tgid = event.socket.tgid = tgid;
	event.socket.since_ns = NOW - before_s * SECOND;
	event.socket.evidence.first_enotconn_ns = event.socket.since_ns + 14000;
	return event;
}

/* `count` of them, `apart_s` apart, the first one 60 seconds ago. */
static void leak(__u32 tgid, unsigned int count, unsigned int apart_s)
{
	for (unsigned int i = 0; i < count; i++) {
		struct event event = socket_of(tgid, i, 60 - i * apart_s);

		assert_int_equal(leaks__apply(leaks, &event, owner, stack), 0);
	}
	leaks__tick(leaks, NOW - 10 * SECOND);
}

static void end_one(__u32 tgid, unsigned int i, unsigned int apart_s, enum end_reason reason,
		    unsigned int before_s)
{
	struct event event = socket_of(tgid, i, 60 - i * apart_s);

	event.kind = EVENT_ENDED;
	event.reason = reason;
	event.now_ns = NOW - before_s * SECOND;
	assert_int_equal(leaks__apply(leaks, &event, NULL, NULL), 0);
}

static void end_all(__u32 tgid, unsigned int count, unsigned int apart_s, enum end_reason reason,
		    unsigned int before_s)
{
	for (unsigned int i = 0; i < count; i++)
		end_one(tgid, i, apart_s, reason, before_s);
	leaks__tick(leaks, NOW);
}

static char *report(bool verbose)
{
	struct text_layout layout = { .top = 10, .stacks = 3, .verbose = verbose };
	struct text out = TEXT_INIT;

	summary.leaks = leaks__totals(leaks);
	text_report(&out, leaks, &summary, &layout);
	assert_int_equal(text_error(&out), 0);
	return out.data;
}

static void expect(bool verbose, const char *part)
{
	char *text = report(verbose);

	if (!strstr(text, part))
		fail_msg("expected\n%s\nin\n%s", part, text);
	free(text);
}

static const struct site *the_site(bool all)
{
	struct site *const *sites;

	assert_int_equal(leaks__ended(leaks, all, &sites), 1);
	return sites[0];
}

static void what_leaked_and_exited_keeps_its_name(void **state)
{
	const struct site *site;

	(void)state;
	leak(42, 5, 2);
	end_all(42, 5, 2, END_EXITED, 5);
	site = the_site(false);
	assert_int_equal(site->ended.sockets, 5);
	assert_int_equal(site->ended.processes, 1);
	assert_int_equal(site->ended.tgid, 42);
	assert_true(site->ended.ns == NOW - 5 * SECOND);
	assert_int_equal(site->open, 0);
	assert_int_equal(site->class, CLASS_PROBED);
	assert_ptr_equal(site->stack, stack);
	assert_int_equal(leaks__totals(leaks).ended, 1);
	assert_int_equal(leaks__totals(leaks).sites, 0);
	expect(false, "job[42] leaked 5 sockets and exited 5s ago, "
		      "in open_session (libtransport.so.2)\n"
		      "\n"
		      "STATE         PID COMMAND          OPEN PER MIN OLDEST  CLASS\n"
		      "ended          42 job                 5       -      -  only asked for its "
		      "peer\n"
		      "         exited 5s ago with them open, 55s after the first was created\n"
		      "         AF_INET SOCK_STREAM: getpeername answered ENOTCONN once, after "
		      "14us\n"
		      "         in open_session (libtransport.so.2) at src/transport.cpp:42\n"
		      "         of unit jobs.service\n"
		      "\n"
		      "Where job creates them (site 0000000000abcdef), stack by fp:\n"
		      "  #0  socket (libc.so.6)\n");
	/* As long as nobody forgets it, also when its account is forgotten. */
	leaks__tick(leaks, NOW + 3600 * SECOND);
	leaks__tick(leaks, NOW + 7200 * SECOND);
	assert_ptr_equal(the_site(false), site);
	leaks__forget_ended(leaks, NOW - 5 * SECOND);
	assert_ptr_equal(the_site(false), site);
	leaks__forget_ended(leaks, NOW - 4 * SECOND);
	assert_int_equal(leaks__totals(leaks).ended, 0);
}

static void what_was_closed_or_used_did_not_end_so(void **state)
{
	struct site *const *sites;

	(void)state;
	leak(42, 5, 2);
	end_all(42, 5, 2, END_CLOSED, 5);
	leak(43, 5, 2);
	end_all(43, 5, 2, END_USED, 5);
	assert_int_equal(leaks__ended(leaks, true, &sites), 0);
}

/* A cron job's only socket, and those of a pool that were made at one moment. */
static void what_never_grew_is_listed_on_demand(void **state)
{
	struct site *const *sites;

	(void)state;
	leak(42, 1, 0);
	end_all(42, 1, 0, END_EXITED, 5);
	leak(43, 8, 0);
	end_all(43, 8, 0, END_EXITED, 4);
	assert_int_equal(leaks__ended(leaks, false, &sites), 0);
	assert_int_equal(the_site(true)->ended.sockets, 9);
	assert_int_equal(leaks__totals(leaks).ended, 0);
	expect(false, "No leaked sockets are open now; 9 were: 9 ended with their process\n"
		      "(-v lists those that ended with their process; --json has every leak "
		      "with its site)\n\n0 unconnected");
	expect(true, "No leaked sockets are open now; 9 were: 9 ended with their process\n");
	expect(true, "\nexited    2 procs job                 9       -      -  only asked");
	expect(true, "\n         by 43 (8), 42 (1)\n");
	expect(true, "\n         the last exited 4s ago with them open");
}

static void min_growth_and_min_open_count(void **state)
{
	struct site *const *sites;

	(void)state;
	leaks__tune(leaks, 3, 6);
	leak(42, 5, 2);
	end_all(42, 5, 2, END_EXITED, 5);
	assert_int_equal(leaks__ended(leaks, false, &sites), 0);
	leak(43, 6, 2);
	end_all(43, 6, 2, END_EXITED, 5);
	assert_int_equal(the_site(false)->ended.sockets, 11);
}

static void a_site_has_all_its_processes(void **state)
{
	(void)state;
	leak(41, 1, 0); /* too few to grow, but of a site that did */
	leak(42, 5, 2);
	leak(43, 7, 2);
	end_all(41, 1, 0, END_EXITED, 9);
	end_all(43, 7, 2, END_EXITED, 8);
	end_all(42, 5, 2, END_EXITED, 7);
	assert_int_equal(the_site(false)->ended.tgid, 42);
	expect(false, "job (3 procs) leaked 13 sockets and exited, the last 7s ago\n");
	expect(false, "         by 43 (7), 42 (5), 41 (1)\n"
		      "         the last exited 7s ago with them open, 53s after the first was "
		      "created\n");
}

/* What the process held from before sockleak watched is no leak that was seen; but it is said. */
static void what_it_held_from_before_is_said(void **state)
{
	(void)state;
	for (unsigned int i = 0; i < 7; i++) {
		struct event event = socket_of(42, 100 + i, 60);

		event.class = CLASS_UNKNOWN_ORIGIN;
		event.socket.flags = PENDING_ORIGIN_UNKNOWN;
		assert_int_equal(leaks__apply(leaks, &event, owner, NULL), 0);
	}
	leak(42, 5, 2);
	end_all(42, 5, 2, END_EXITED, 5);
	for (unsigned int i = 0; i < 7; i++) {
		struct event event = socket_of(42, 100 + i, 60);

		event.kind = EVENT_ENDED;
		event.reason = END_EXITED;
		event.now_ns = NOW;
		assert_int_equal(leaks__apply(leaks, &event, NULL, NULL), 0);
	}
	expect(false,
	       "job[42] leaked 5 sockets and exited 5s ago, "
	       "in open_session (libtransport.so.2)\n"
	       "It also held 7 of unknown origin: older than this watch, or created by io_uring\n"
	       "\nSTATE");
}

static void without_sites_the_list_is_empty(void **state)
{
	struct site *const *sites = NULL;

	(void)state;
	assert_int_equal(leaks__listed(leaks, true, &sites), 0);
	assert_non_null(sites);
}

/* Behind what leaks now, before what does not; and its stack is there once. */
static void what_leaks_now_comes_first(void **state)
{
	struct event idle = a_event(7, "idler");
	struct site *const *sites;
	char *text, *first;

	(void)state;
	leak(42, 9, 2);
	end_all(42, 9, 2, END_EXITED, 5);
	idle.tgid = 99;
	assert_int_equal(leaks__apply(leaks, &idle, owner, NULL), 0);
	leaks__tick(leaks, NOW);
	assert_int_equal(leaks__listed(leaks, false, &sites), 2);
	assert_true(sites[0]->ended.sockets && sites[1]->open == 1);
	expect(false, "job[42] leaked 9 sockets and exited 5s ago, "
		      "in open_session (libtransport.so.2)\n"
		      "More: 1 site holds ");
	leak(43, 4, 2);
	assert_int_equal(leaks__listed(leaks, true, &sites), 3);
	assert_true(sites[0]->leaking && sites[1]->ended.sockets && sites[2]->open == 1);
	expect(false, "job[43] leaks sockets: 4 open, ");
	expect(false, "\nMore: 1 site leaked and has ended, 1 holds ");
	text = report(false);
	first = strstr(text, "Where job creates them");
	assert_non_null(first);
	assert_null(strstr(first + 1, "Where job creates them"));
	free(text);
}

/* A site of its own for each; those that leaked outlive the others, and the last the first. */
static void their_number_is_bounded(void **state)
{
	struct site *const *sites;

	(void)state;
	for (__u32 i = 0; i < 2 * ENDED_SITES; i++) {
		bool grows = i % 2;

		stack_unref(stack);
		stack = a_stack("open_session");
		stack->site = i + 1;
		leak(100 + i, grows ? 3 : 1, 2);
		end_all(100 + i, grows ? 3 : 1, 2, END_EXITED, 50 - i / 10);
	}
	assert_int_equal(leaks__ended(leaks, false, &sites), ENDED_SITES);
	assert_int_equal(leaks__ended(leaks, true, &sites), ENDED_SITES);
	assert_int_equal(leaks__totals(leaks).ended_not_kept, 0);
	assert_int_equal(leaks__totals(leaks).exited_not_kept, ENDED_SITES);
	stack_unref(stack);
	stack = a_stack("open_session");
	stack->site = 0xffff;
	leak(99, 3, 2);
	end_all(99, 3, 2, END_EXITED, 1);
	assert_int_equal(leaks__ended(leaks, true, &sites), ENDED_SITES);
	assert_int_equal(leaks__totals(leaks).ended_not_kept, 1);
	assert_int_equal(sites[0]->id, 0xffff); /* as many sockets as all others have, but later */
	for (int i = 0; i < ENDED_SITES; i++)
		assert_int_not_equal(sites[i]->id, 2); /* the first that had grown */
	expect(false, "Lost: ended_not_kept 1 (sites that ended with their process, beyond the "
		      "100 that are listed)\n");
	expect(true, "\n100 more sites ended without having grown; not listed\n");
}

/* More than there is room for end in one sweep, which meets their sockets in turns. */
static void many_end_at_once(void **state)
{
	struct site *const *sites;
	const __u32 many = ENDED_SITES + 50;

	(void)state;
	for (__u32 i = 0; i < many; i++) {
		stack_unref(stack);
		stack = a_stack("open_session");
		stack->site = i + 1;
		leak(100 + i, 4, 2);
	}
	for (unsigned int socket = 0; socket < 4; socket++)
		for (__u32 i = 0; i < many; i++)
			end_one(100 + i, socket, 2, END_EXITED, 5);
	assert_int_equal(leaks__ended(leaks, true, &sites), ENDED_SITES);
	for (int i = 0; i < ENDED_SITES; i++) {
		assert_int_equal(sites[i]->ended.sockets, 4);
		assert_int_equal(sites[i]->ended.processes, 1);
		assert_non_null(sites[i]->processes);
	}
	assert_int_equal(leaks__totals(leaks).ended_not_kept, 50);
}

/* A thousand processes of one site: counted all, the latest named. */
static void the_processes_of_one_are_bounded(void **state)
{
	(void)state;
	for (__u32 i = 0; i < 1000; i++)
		leak(1000 + i, 1, 0);
	for (__u32 i = 0; i < 1000; i++)
		end_all(1000 + i, 1, 0, END_EXITED, 5);
	assert_int_equal(the_site(true)->ended.processes, 1000);
	assert_int_equal(the_site(true)->ended.sockets, 1000);
	assert_int_equal(HASH_COUNT(the_site(true)->processes), ENDED_PROCESSES);
	expect(true, " and 936 more\n");
}

/* The evidence that is shown is of the class that is shown. */
static void the_class_of_most_is_shown(void **state)
{
	(void)state;
	for (unsigned int i = 0; i < 5; i++) {
		struct event event = socket_of(42, i, 60 - 2 * i);

		event.class = i < 2 ? CLASS_PROBED : CLASS_CONNECT_FAILED;
		event.socket.evidence.connect_tries = i < 2 ? 0 : 1;
		event.socket.evidence.connect_errno = ECONNREFUSED;
		assert_int_equal(leaks__apply(leaks, &event, owner, stack), 0);
		event.kind = EVENT_ENDED;
	}
	for (unsigned int i = 0; i < 5; i++) {
		struct event event = socket_of(42, i, 60 - 2 * i);

		event.kind = EVENT_ENDED;
		event.reason = END_EXITED;
		event.now_ns = NOW;
		event.socket.evidence.connect_tries = i < 2 ? 0 : 1;
		event.socket.evidence.connect_errno = ECONNREFUSED;
		assert_int_equal(leaks__apply(leaks, &event, NULL, NULL), 0);
	}
	assert_int_equal(the_site(false)->class, CLASS_CONNECT_FAILED);
	expect(false, "connect failed");
	expect(false, "AF_INET SOCK_STREAM: connect failed once, ECONNREFUSED\n");
}

#define test(f) cmocka_unit_test_setup_teardown(f, begin, end)

int main(void)
{
	const struct CMUnitTest tests[] = {
		test(what_leaked_and_exited_keeps_its_name),
		test(what_was_closed_or_used_did_not_end_so),
		test(what_never_grew_is_listed_on_demand),
		test(min_growth_and_min_open_count),
		test(a_site_has_all_its_processes),
		test(what_it_held_from_before_is_said),
		test(without_sites_the_list_is_empty),
		test(what_leaks_now_comes_first),
		test(their_number_is_bounded),
		test(many_end_at_once),
		test(the_processes_of_one_are_bounded),
		test(the_class_of_most_is_shown),
	};

	return cmocka_run_group_tests_name("ended", tests, NULL, NULL);
}
