/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * leaks at the defaults of the agent and of a trace, in simulated time. A site leaks as soon
 * as its third moment can be counted, it does not cease before the program does, and it ends
 * within the time that growth.h states.
 */
#include "rhythms_fixture.h"

/* The birth of the third moment. */
static __u64 third_moment(const struct world *world)
{
	__u64 last_ns = world->born_ns[0];
	unsigned int moments = 1;

	for (unsigned int i = 1; i < world->count; i++) {
		if (world->born_ns[i] < last_ns + world->options.interval_ns)
			continue;
		last_ns = world->born_ns[i];
		if (++moments == MIN_STEPS)
			return last_ns;
	}
	fail_msg("too few moments: %u", moments);
	return 0;
}

/* How long a sweep, and with it whatever it finds, may be late. */
static __u64 lateness(const struct world *world)
{
	__u64 interval_ns = world->options.interval_ns;

	return world->sweeps == SWEEPS_LATE ? interval_ns + 15 * SECOND :
	       world->sweeps == SWEEPS_CENSUSES ?
					      world->options.full_sweep_interval_ns + interval_ns :
					      interval_ns;
}

/*
 * It begins when it can, ceases `ceases` times at most before it does, and ends in the time
 * that follows from the longest time between two that were counted.
 */
static void check(struct world *world, const char *what, __u64 gap_ns, unsigned int ceases)
{
	__u64 begins_ns = third_moment(world) + world->options.older_than_ns;
	__u64 most_ns;

	run_through(world);
	if (!world->begun || world->begun_ns > begins_ns + world->busy_ns + 2 * lateness(world))
		fail_msg("%s, %llu ms apart: began %lld ms after its third could be counted", what,
			 gap_ns / MS, (long long)(world->begun_ns - begins_ns) / (long long)MS);
	if (!world->was_leaking || world->ceased > ceases)
		fail_msg("%s, %llu ms apart: ceased %u times while it went on", what, gap_ns / MS,
			 world->ceased);
	most_ns = world->longest_ns * PAUSES_OF_SILENCE;
	if (most_ns < MIN_SILENCE_NS)
		most_ns = MIN_SILENCE_NS;
	if (most_ns > MAX_SILENCE_NS)
		most_ns = MAX_SILENCE_NS;
	run_until(world, world->counted_ns + MIN_SILENCE_NS - lateness(world));
	if (!world->was_leaking)
		fail_msg("%s, %llu ms apart: ended before its silence", what, gap_ns / MS);
	run_until(world, world->counted_ns + most_ns + 2 * lateness(world));
	if (world->was_leaking)
		fail_msg("%s, %llu ms apart: has not ended in %llu s", what, gap_ns / MS,
			 most_ns / SECOND);
}

static const __u64 gaps_ns[] = { 100 * MS,    400 * MS, SECOND,	    5 * SECOND,
				 30 * SECOND, MINUTE,	5 * MINUTE, 20 * MINUTE };

/* As many as the shortest takes to leak for some minutes, and the longest for a night. */
static unsigned int sockets_of(__u64 gap_ns)
{
	return gap_ns < 5 * SECOND ? 3000 : gap_ns < MINUTE ? 400 : 40;
}

static void check_all(enum rhythm rhythm, const char *what)
{
	for (size_t c = 0; c < 2; c++)
		for (int sweeps = SWEEPS_IN_TIME; sweeps <= SWEEPS_CENSUSES; sweeps++)
			for (size_t g = 0; g < sizeof(gaps_ns) / sizeof(gaps_ns[0]); g++) {
				__u64 pause_ns = rhythm == BURSTS ? gaps_ns[g] * 5 : 0;
				struct world world;

				setup(&world, commands[c], (enum sweeps)sweeps, g + 1);
				leak(&world, rhythm, gaps_ns[g], sockets_of(gaps_ns[g]));
				check(&world, what, gaps_ns[g], pause_ns >= MIN_SILENCE_NS);
				teardown(&world);
			}
}

static void a_steady_leak(void **state)
{
	(void)state;
	check_all(STEADY, "steady");
}

static void a_jittered_leak(void **state)
{
	(void)state;
	check_all(JITTERED, "jittered");
}

/* The first pause that is longer than any before, and than five minutes, may end it. */
static void a_leak_in_bursts(void **state)
{
	(void)state;
	check_all(BURSTS, "in bursts");
}

/* One of 20 leaks that come by chance ceases, once, as growth.h says. */
static void leaks_by_chance(void **state)
{
	(void)state;
	for (size_t g = 3; g < sizeof(gaps_ns) / sizeof(gaps_ns[0]); g++) {
		unsigned int ceased = 0;

		for (__u64 seed = 1; seed <= 40; seed++) {
			struct world world;

			setup(&world, COMMAND_AGENT, SWEEPS_IN_TIME, seed);
			leak(&world, BY_CHANCE, gaps_ns[g], 60);
			run_through(&world);
			assert_true(world.was_leaking);
			ceased += world.ceased;
			teardown(&world);
		}
		if (ceased > 40 / 20 + 1)
			fail_msg("%llu ms apart: ceased %u times in 40 leaks", gaps_ns[g] / MS,
				 ceased);
	}
}

/* connect() fails after two minutes, and the socket is kept: it is that old when it counts. */
static void a_leak_of_slow_connects(void **state)
{
	(void)state;
	for (size_t c = 0; c < 2; c++) {
		struct world world;

		setup(&world, commands[c], SWEEPS_IN_TIME, 1);
		world.busy_ns = 127 * SECOND;
		leak(&world, STEADY, 20 * SECOND, 100);
		check(&world, "slow connects", 20 * SECOND, 0);
		teardown(&world);
	}
}

static void a_few_idle_sockets(void **state)
{
	struct world world;

	(void)state;
	for (size_t c = 0; c < 2; c++) {
		setup(&world, commands[c], SWEEPS_IN_TIME, 1);
		leak(&world, STEADY, 20 * MS, 50); /* threads that each make one at start */
		leak(&world, STEADY, HOUR, 1);
		run_until(&world, START + 3 * HOUR);
		assert_int_equal(world.counted, 51);
		assert_int_equal(world.begun, 0);
		teardown(&world);
	}
}

/* Eight, one of which is renewed every ten seconds. */
static void a_pool_that_is_renewed(void **state)
{
	struct site *const *sites;
	struct world world;

	(void)state;
	setup(&world, COMMAND_AGENT, SWEEPS_IN_TIME, 1);
	leak(&world, STEADY, MS, 8);
	run_through(&world);
	for (unsigned int i = 0; i < 400; i++) {
		struct event event = event_of(&world, i);

		event.kind = EVENT_ENDED;
		event.reason = END_CLOSED;
		apply(&world, &event);
		leak(&world, STEADY, 10 * SECOND, 1);
		run_through(&world);
	}
	assert_int_equal(world.begun, 0);
	assert_int_equal(leaks__sites(world.leaks, &sites), 1);
	assert_true(sites[0]->rate.known);
	assert_true(sites[0]->rate.per_minute < 0.2);
	assert_false(sites[0]->is_new);
	teardown(&world);
}

/* The first sweep finds them, and nobody knows when they were made. */
static void what_was_there_before_has_no_rate(void **state)
{
	struct site *const *sites;
	struct world world;

	(void)state;
	setup(&world, COMMAND_TRACE, SWEEPS_IN_TIME, 1);
	for (unsigned int i = 0; i < 30; i++) {
		struct event event = event_of(&world, i);

		event.class = CLASS_UNKNOWN_ORIGIN;
		event.socket.flags = PENDING_ORIGIN_UNKNOWN;
		event.socket.since_ns = world.now_ns - world.options.older_than_ns + i;
		assert_int_equal(leaks__apply(world.leaks, &event, world.owner, NULL), 0);
	}
	run_until(&world, START + 20 * MINUTE);
	assert_int_equal(leaks__sites(world.leaks, &sites), 1);
	assert_int_equal(sites[0]->open, 30);
	assert_false(sites[0]->rate.known);
	assert_int_equal(world.begun, 0);
	teardown(&world);
}

static void a_rate_after_eight_seconds(void **state)
{
	struct site *const *sites;
	double per_minute = 0;
	struct world world;

	(void)state;
	for (int sweeps = SWEEPS_IN_TIME; sweeps <= SWEEPS_LATE; sweeps++) {
		setup(&world, COMMAND_TRACE, (enum sweeps)sweeps, 3);
		leak(&world, STEADY, 200 * MS, 3000);
		while (world.now_ns < START + 9 * SECOND || !world.begun)
			run_until(&world, world.now_ns + 1);
		assert_int_equal(leaks__sites(world.leaks, &sites), 1);
		assert_true(sites[0]->leaking && sites[0]->rate.known);
		assert_int_equal((int)(sites[0]->rate.per_minute + 0.5), 300);
		assert_true(leaks__process_rate(world.leaks, TGID, &per_minute));
		assert_int_equal((int)(per_minute + 0.5), 300);
		assert_false(leaks__process_rate(world.leaks, TGID + 1, &per_minute));
		teardown(&world);
	}
}

/* Two of three are closed after half a minute. The forecast is by the third. */
static void a_rate_is_net(void **state)
{
	struct site *const *sites;
	unsigned int closed = 0;
	struct world world;

	(void)state;
	setup(&world, COMMAND_TRACE, SWEEPS_IN_TIME, 1);
	leak(&world, STEADY, SECOND, 900);
	while (world.counted < world.count) {
		run_until(&world, world.now_ns + 1);
		for (; closed + 30 < world.counted; closed++) {
			struct event event = event_of(&world, closed);

			event.kind = EVENT_ENDED;
			event.reason = END_CLOSED;
			if (closed % 3)
				apply(&world, &event);
		}
	}
	assert_int_equal(leaks__sites(world.leaks, &sites), 1);
	assert_true(sites[0]->leaking);
	assert_true(sites[0]->rate.per_minute > 19 && sites[0]->rate.per_minute < 21);
	teardown(&world);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_steady_leak),
		cmocka_unit_test(a_jittered_leak),
		cmocka_unit_test(a_leak_in_bursts),
		cmocka_unit_test(leaks_by_chance),
		cmocka_unit_test(a_leak_of_slow_connects),
		cmocka_unit_test(a_few_idle_sockets),
		cmocka_unit_test(a_pool_that_is_renewed),
		cmocka_unit_test(what_was_there_before_has_no_rate),
		cmocka_unit_test(a_rate_after_eight_seconds),
		cmocka_unit_test(a_rate_is_net),
	};

	return cmocka_run_group_tests_name("rhythms", tests, NULL, NULL);
}
