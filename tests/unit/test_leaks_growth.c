/* SPDX-License-Identifier: BSD-2-Clause */
/* leaks: which sites grow, at what rate, over restarts too, and what is held back until then. */
#include "leaks_fixture.h"

static void one_socket_is_no_growth(void **state)
{
	struct fixture *fixture = *state;
	struct event event = event_of(fixture, 7, 42);

	apply(fixture, &event);
	for (int i = 0; i < 100; i++)
		tick(fixture);
	assert_false(first_site(fixture)->leaking);
	assert_int_equal(leaks__totals(fixture->leaks).leaking, 0);
}

static void a_burst_is_no_growth(void **state)
{
	struct fixture *fixture = *state;

	for (__u64 inode = 1; inode <= 50; inode++) {
		struct event event = event_of(fixture, inode, 42);

		apply(fixture, &event);
	}
	tick(fixture);
	tick(fixture);
	assert_false(first_site(fixture)->leaking);
	assert_int_equal(first_site(fixture)->open, 50);
}

static void more_and_more_is_growth_until_it_stops(void **state)
{
	struct fixture *fixture = *state;

	for (__u64 inode = 1; inode <= 3; inode++) {
		struct event event = event_of(fixture, inode, 42);

		assert_false(inode > 1 && first_site(fixture)->leaking);
		apply(fixture, &event);
		tick(fixture);
	}
	assert_true(first_site(fixture)->leaking);
	for (__u64 i = 1; i < MIN_SILENCE_NS / SECOND; i++)
		tick(fixture);
	assert_true(first_site(fixture)->leaking);
	tick(fixture);
	assert_false(first_site(fixture)->leaking);
	assert_false(first_site(fixture)->is_new); /* but idle from now on */
}

/* The last growth that was kept, of one process. */
static struct kept {
	__u64 account;
	struct growth growth;
	bool is_there;
} kept;

static __u64 begin(__u64 account, __u32 tgid, struct growth *ret_growth, void *ctx)
{
	struct kept *from = ctx;

	if (from->is_there && from->account == account)
		*ret_growth = from->growth;
	return tgid == 42 ? 7 : 0; /* no other one can be distinguished from a later one */
}

static void keep(__u64 account, __u32 tgid, __u64 start_ns, const struct growth *growth, void *ctx)
{
	struct kept *to = ctx;

	assert_int_equal(tgid, 42);
	assert_int_equal(start_ns, 7);
	*to = (struct kept){ .account = account, .is_there = growth };
	if (growth)
		to->growth = *growth;
}

/* As in the next run: nothing is known but what was kept, and all leaks are reported again. */
static void begin_again(struct fixture *fixture)
{
	leaks__free(fixture->leaks);
	fixture->leaks = leaks__new(ALL_CLASSES, SECOND, on_change, NULL);
	leaks__remember(fixture->leaks, (struct growth_memory){ begin, keep, &kept });
}

static void growth_goes_on_in_the_next_run(void **state)
{
	struct fixture *fixture = *state;
	struct event events[4];

	kept.is_there = false;
	begin_again(fixture);
	for (int i = 0; i < 4; i++) {
		events[i] = event_of(fixture, i + 1, 42);
		apply(fixture, &events[i]);
		tick(fixture);
	}
	assert_true(first_site(fixture)->leaking);
	begin_again(fixture);
	for (int i = 3; i >= 0; i--) /* in any order */
		apply(fixture, &events[i]);
	tick(fixture);
	assert_true(first_site(fixture)->leaking);
	for (int i = 0; i < 4; i++)
		end(fixture, events[i], END_CLOSED);
	assert_false(kept.is_there);
}

/* Three sockets, each replaced once: of what is open then, the births alone would be growth. */
static void a_pool_does_not_grow_over_a_restart(void **state)
{
	struct fixture *fixture = *state;
	struct event events[6];

	kept.is_there = false;
	begin_again(fixture);
	for (int i = 0; i < 6; i++) {
		events[i] = event_of(fixture, i + 1, 42);
		if (i >= 3)
			end(fixture, events[i - 3], END_CLOSED);
		apply(fixture, &events[i]);
		if (i >= 2)
			tick(fixture);
	}
	assert_false(first_site(fixture)->leaking);
	begin_again(fixture);
	for (int i = 3; i < 6; i++)
		apply(fixture, &events[i]);
	tick(fixture);
	assert_false(first_site(fixture)->leaking);
}

static void what_growth_takes_can_be_reported(void **state)
{
	struct fixture *fixture = *state;
	__u64 inode;

	leaks__tune(fixture->leaks, 5, 8);
	for (inode = 1; inode <= 8; inode++) {
		struct event event = event_of(fixture, inode, 42);

		event.maybe_in_use = true;
		apply(fixture, &event);
		tick(fixture);
		/* Shown from the fifth moment on, but leaking only when eight are open. */
		assert_int_equal(n_announced, inode < 5 ? 0 : inode);
		if (inode < 8)
			assert_int_equal(leaks__totals(fixture->leaks).leaking, 0);
	}
	assert_int_equal(leaks__totals(fixture->leaks).leaking, 1);
}

static void a_leak_an_hour_is_still_growth(void **state)
{
	struct fixture *fixture = *state;

	for (__u64 inode = 1; inode <= 4; inode++) {
		struct event event = event_of(fixture, inode, 42);

		apply(fixture, &event);
		for (int i = 0; i < 3600; i++) {
			tick(fixture);
			assert_int_equal(first_site(fixture)->leaking, inode >= 3);
		}
	}
}

/* Sweeps can be late: what counts is when the sockets were made. */
static void growth_is_by_times_of_birth(void **state)
{
	struct fixture *fixture = *state;

	for (__u64 inode = 1; inode <= 3; inode++) {
		struct event event = event_of(fixture, inode, 42);

		event.maybe_in_use = 1;
		event.socket.since_ns += inode * SECOND;
		apply(fixture, &event);
	}
	tick(fixture);
	assert_int_equal(n_announced, 3);
	assert_true(first_site(fixture)->leaking);
}

static void many_processes_with_one_each_are_no_growth(void **state)
{
	struct fixture *fixture = *state;

	for (__u32 tgid = 1; tgid <= 10; tgid++) {
		struct event event = event_of(fixture, tgid, tgid);

		apply(fixture, &event);
		tick(fixture);
	}
	assert_int_equal(leaks__totals(fixture->leaks).sites, 1);
	assert_int_equal(HASH_COUNT(first_site(fixture)->processes), 10);
	assert_false(first_site(fixture)->leaking);
}

static void unknowable_sockets_wait_for_growth(void **state)
{
	struct fixture *fixture = *state;

	for (__u64 inode = 1; inode <= 3; inode++) {
		struct event event = event_of(fixture, inode, 42);

		event.maybe_in_use = 1;
		assert_int_equal(n_announced, 0);
		assert_int_equal(leaks__totals(fixture->leaks).held_back, inode - 1);
		apply(fixture, &event);
		tick(fixture);
	}
	assert_int_equal(n_announced, 3);
	assert_int_equal(leaks__totals(fixture->leaks).held_back, 0);
	assert_int_equal(leaks__totals(fixture->leaks).open, 3);

	/* Another process at the same site is judged on its own. */
	struct event other = event_of(fixture, 9, 43);

	other.maybe_in_use = 1;
	apply(fixture, &other);
	tick(fixture);
	assert_int_equal(n_announced, 3);
	end(fixture, other, END_EXITED);
	assert_int_equal(n_announced, 3);
	assert_int_equal(leaks__totals(fixture->leaks).held_back, 0);
}

static void a_held_back_socket_that_can_be_reported_is_shown(void **state)
{
	struct fixture *fixture = *state;
	struct event event = event_of(fixture, 7, 42);

	event.maybe_in_use = 1;
	apply(fixture, &event);
	event.maybe_in_use = 0;
	event.kind = EVENT_CHANGED;
	event.class = CLASS_CONNECT_FAILED;
	apply(fixture, &event);
	assert_int_equal(n_announced, 1);
	assert_int_equal(announced[0].change, LEAKS_OPENED);
	assert_int_equal(leaks__totals(fixture->leaks).held_back, 0);
}

static void the_rate_is_a_minute(void **state)
{
	struct fixture *fixture = *state;

	for (__u64 inode = 1; inode <= 31; inode++) {
		struct event event = event_of(fixture, inode, 42);

		apply(fixture, &event);
		tick(fixture);
		if (inode == 1)
			assert_false(first_site(fixture)->rate.known);
	}
	assert_true(first_site(fixture)->rate.known);
	assert_true(first_site(fixture)->rate.per_minute > 59.9);
	assert_true(first_site(fixture)->rate.per_minute < 60.1);
	/* An hour of silence, and the last ten minutes have none. */
	for (int i = 0; i < 3600; i++)
		tick(fixture);
	assert_true(first_site(fixture)->rate.per_minute == 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(one_socket_is_no_growth),
		TEST(a_burst_is_no_growth),
		TEST(more_and_more_is_growth_until_it_stops),
		TEST(growth_goes_on_in_the_next_run),
		TEST(a_pool_does_not_grow_over_a_restart),
		TEST(what_growth_takes_can_be_reported),
		TEST(a_leak_an_hour_is_still_growth),
		TEST(growth_is_by_times_of_birth),
		TEST(many_processes_with_one_each_are_no_growth),
		TEST(unknowable_sockets_wait_for_growth),
		TEST(a_held_back_socket_that_can_be_reported_is_shown),
		TEST(the_rate_is_a_minute),
	};

	return cmocka_run_group_tests_name("leaks_growth", tests, NULL, NULL);
}
