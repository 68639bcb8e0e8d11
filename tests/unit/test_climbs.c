/* SPDX-License-Identifier: BSD-2-Clause */
/* climbs: who is followed, which kinds grow, and who is reported. */
#include "report_fixture.h"

#include "climbs_fixture.h"

static size_t list(const struct climber **ret_list)
{
	return climbs__list(climbs, 2, ret_list);
}

static void the_kind_that_grows(void **state)
{
	struct kind_growth kinds[KINDS_GROWN];
	const struct climber *found[2];
	bool sure;

	(void)state;
	climb_by(DESCRIPTOR_EVENTFD, 20);
	assert_int_equal(list(found), 1);
	assert_int_equal(found[0]->process.tgid, 4242);
	assert_int_equal(found[0]->climb.base, 5);
	assert_int_equal(found[0]->climb.count, 25);
	assert_int_equal(climber_kinds(found[0], kinds, &sure), 1);
	assert_true(sure);
	assert_int_equal(kinds[0].kind, DESCRIPTOR_EVENTFD);
	assert_int_equal(kinds[0].count, 20);
	assert_int_equal(kinds[0].more, 19); /* since it was looked at for the first time */
}

/* Many old files are not what climbs. */
static void not_the_kind_of_most(void **state)
{
	struct kind_growth kinds[KINDS_GROWN];
	const struct climber *found[2];
	bool sure;

	(void)state;
	for (__u32 i = 0; i <= 20; i++) {
		counts[2] = 500 + 2 * i;
		count_once();
		kinds_are(DESCRIPTOR_PIPE, 2 * i, DESCRIPTOR_REGULAR, 500);
	}
	assert_int_equal(list(found), 1);
	assert_int_equal(climber_kinds(found[0], kinds, &sure), 1);
	assert_int_equal(kinds[0].kind, DESCRIPTOR_PIPE);
}

static void two_kinds_at_once(void **state)
{
	struct kind_growth kinds[KINDS_GROWN];
	const struct climber *found[2];
	bool sure;

	(void)state;
	for (__u32 i = 0; i <= 20; i++) {
		counts[2] = 5 + 3 * i;
		count_once();
		kinds_are(DESCRIPTOR_PIPE, 2 * i, DESCRIPTOR_EPOLL, i);
	}
	assert_int_equal(list(found), 1);
	assert_int_equal(climber_kinds(found[0], kinds, &sure), 2);
	assert_int_equal(kinds[0].kind, DESCRIPTOR_PIPE);
	assert_int_equal(kinds[1].kind, DESCRIPTOR_EPOLL);
}

/* It was looked at once: what most are of is known, not what grows. */
static void looked_at_once(void **state)
{
	struct kind_growth kinds[KINDS_GROWN];
	const struct climber *found[2];
	bool sure;

	(void)state;
	for (__u32 i = 0; i <= 20; i++) {
		counts[2] = 5 + i;
		count_once();
	}
	kinds_are(DESCRIPTOR_PIPE, 20, DESCRIPTOR_REGULAR, 5);
	assert_int_equal(list(found), 1);
	assert_int_equal(climber_kinds(found[0], kinds, &sure), 1);
	assert_false(sure);
	assert_int_equal(kinds[0].kind, DESCRIPTOR_PIPE);
}

/* Sockets that are not connected are leaks, or will be. So are those that a report lists. */
static void a_finding_is_not_listed(void **state)
{
	const struct climber *found[2];

	(void)state;
	climb_by(DESCRIPTOR_UNCONNECTED, 20);
	assert_int_equal(list(found), 0);
}

static void what_is_reported_is_not_listed(void **state)
{
	const struct climber *found[2];

	(void)state;
	climb_by(DESCRIPTOR_UDP, 20);
	assert_int_equal(list(found), 1);
	climbs__get(climbs, 0)->leaked = 9;
	assert_int_equal(list(found), 1);
	climbs__get(climbs, 0)->leaked = 10;
	assert_int_equal(list(found), 0);
}

static void a_process_that_ends(void **state)
{
	const struct climber *found[2];

	(void)state;
	climb_by(DESCRIPTOR_EVENTFD, 20);
	counts[2] = 0;
	count_once();
	assert_int_equal(list(found), 0);
	assert_int_equal(climbs__followed(climbs), 0);
}

/* Another process has the number: what was counted of the first one is not its own. */
static void a_number_that_is_used_again(void **state)
{
	struct process_descriptors process = { .start_ns = 99, .tgid = 4242, .count = 60 };
	const struct climber *found[2];

	(void)state;
	climb_by(DESCRIPTOR_EVENTFD, 20);
	climbs__begin(climbs, climbs_now + SECOND);
	assert_int_equal(climbs__count(climbs, &process), 0);
	climbs__end(climbs);
	assert_int_equal(list(found), 0);
}

/* Two may be listed, those with most growth, however many a report has room for. */
static void no_more_than_allowed(void **state)
{
	const struct climber *found[CLIMBERS];

	(void)state;
	for (__u32 i = 0; i <= 20; i++) {
		for (__u32 n = 0; n < CLIMBERS; n++)
			counts[n] = 5 + i * (n + 1);
		count_once();
	}
	assert_int_equal(climbs__followed(climbs), 4);
	assert_int_equal(climbs__list(climbs, CLIMBERS, found), 2);
	assert_int_equal(found[0]->process.tgid, 4247);
	assert_int_equal(found[1]->process.tgid, 4246);
	assert_int_equal(climbs__left_out(climbs), 6);
}

/* A report with less room gets that many: it goes by what is returned. */
static void no_more_than_there_is_room_for(void **state)
{
	const struct climber *found[1];

	(void)state;
	for (__u32 i = 0; i <= 20; i++) {
		counts[0] = counts[1] = counts[2] = 5 + i;
		count_once();
	}
	assert_int_equal(climbs__list(climbs, 1, found), 1);
	assert_int_equal(climbs__list(climbs, 0, NULL), 0);
	assert_int_equal(climbs__left_out(climbs), 1); /* of --max-climbing 2 */
}

/* Who asks for the owner at once is told whose process it is. */
static void known_from_the_first_count_on(void **state)
{
	const struct process_descriptors *process;

	(void)state;
	counts[2] = 5;
	count_once();
	counts[2] = 6;
	count_once();
	assert_int_equal(climbs__followed(climbs), 1);
	process = &climbs__get(climbs, 0)->process;
	assert_string_equal(process->comm, "app");
	assert_int_equal(process->tgid, 4242);
	assert_int_equal(process->count, 6);
}

/* More than can be followed, and each gets more than the others in its turn. */
static void they_do_not_push_each_other_out(void **state)
{
	__u32 tgids[4] = { 0 };

	(void)state;
	for (__u32 i = 0; i <= 20; i++) {
		for (__u32 n = 0; n < CLIMBERS; n++)
			counts[n] = 5 + 4 * i + (i + n) % 4;
		count_once();
		for (unsigned int at = 0; at < climbs__followed(climbs); at++) {
			__u32 tgid = climbs__get(climbs, at)->process.tgid;

			assert_true(!tgids[at] || tgids[at] == tgid);
			tgids[at] = tgid;
		}
	}
	assert_int_equal(climbs__followed(climbs), 4);
}

static void it_was_asked_a_moment_ago(void **state)
{
	struct climber *due[1];

	(void)state;
	climb_by(DESCRIPTOR_EVENTFD, 20);
	assert_int_equal(climbs__due(climbs, true, climbs_now, 1, due), 0);
	assert_int_equal(climbs__due(climbs, false, climbs_now + SECOND, 1, due), 0);
	assert_int_equal(climbs__due(climbs, true, climbs_now + SECOND, 1, due), 1);
	assert_int_equal(climbs__due(climbs, false, climbs_now + KINDS_PAUSE_NS, 1, due), 1);
}

static struct pending a_socket(__u64 call_site, __u16 family)
{
	return (struct pending){ .call_site = call_site, .tgid = 4242, .family = family };
}

/* Sockets of calls that make less than half of what grows say nothing. */
static void who_makes_them(void **state)
{
	struct pending socket = a_socket(7, AF_NETLINK), other = a_socket(9, AF_UNIX);
	struct stack *stack = a_stack("open_nl");
	const struct climber *found[2];

	(void)state;
	climb_by(DESCRIPTOR_NETLINK, 20);
	assert_int_equal(list(found), 1);
	assert_null(climber_stack(found[0]));
	assert_false(climbs__note_used(climbs, &socket));
	climbs__note_maker(climbs, &socket, stack);
	for (int made = 1; made < 9; made++)
		assert_true(climbs__note_used(climbs, &socket));
	climbs__note_maker(climbs, &other, NULL);
	assert_null(climber_stack(found[0])); /* 9 of 19 */
	assert_true(climbs__note_used(climbs, &socket));
	assert_ptr_equal(climber_stack(found[0]), stack);
	stack_unref(stack);
}

/* Two calls of one function are one site, and a stack of another kind of socket is not asked. */
static void calls_of_one_site(void **state)
{
	const struct climber *found[2];
	struct climber *climber;

	(void)state;
	climb_by(DESCRIPTOR_TCP_HALF_CLOSED, 20);
	assert_int_equal(list(found), 1);
	climber = climbs__get(climbs, 0);
	makes(climber, DESCRIPTOR_UNIX, 100, a_stack("pair"));
	makes(climber, DESCRIPTOR_TCP, 6, a_stack("dial"));
	assert_null(climber_stack(climber));
	makes(climber, DESCRIPTOR_TCP, 6, a_stack("dial"));
	assert_ptr_equal(climber_stack(climber), climber->makers[1].stack);
}

/* Calls beyond those that are told apart, and processes that are not followed, cost nothing. */
static void calls_that_are_not_counted(void **state)
{
	struct pending socket = a_socket(1, AF_UNIX);

	(void)state;
	assert_true(climbs__note_used(climbs, &socket));
	climb_by(DESCRIPTOR_NETLINK, 20);
	for (; socket.call_site <= CLIMB_MAKERS; socket.call_site++) {
		assert_false(climbs__note_used(climbs, &socket));
		climbs__note_maker(climbs, &socket, NULL);
	}
	assert_true(climbs__note_used(climbs, &socket));
	climbs__note_maker(climbs, &socket, NULL);
	assert_int_equal(climbs__get(climbs, 0)->n_makers, CLIMB_MAKERS);
	socket.call_site = 0; /* no snapshots are taken */
	assert_true(climbs__note_used(climbs, &socket));
}

static void names(void **state)
{
	(void)state;
	for (int kind = 0; kind < DESCRIPTOR_KINDS; kind++) {
		assert_non_null(descriptor_kind_name(kind));
		assert_non_null(descriptor_kind_phrase(kind));
	}
	assert_int_equal(climbs__list(NULL, 0, NULL), 0);
}

#define test(f) cmocka_unit_test_setup_teardown(f, begin_climbs, end_climbs)

int main(void)
{
	const struct CMUnitTest tests[] = {
		test(the_kind_that_grows),
		test(not_the_kind_of_most),
		test(two_kinds_at_once),
		test(looked_at_once),
		test(a_finding_is_not_listed),
		test(what_is_reported_is_not_listed),
		test(a_process_that_ends),
		test(a_number_that_is_used_again),
		test(no_more_than_allowed),
		test(no_more_than_there_is_room_for),
		test(known_from_the_first_count_on),
		test(they_do_not_push_each_other_out),
		test(it_was_asked_a_moment_ago),
		test(who_makes_them),
		test(calls_of_one_site),
		test(calls_that_are_not_counted),
		test(names),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
