/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * leaks over what interrupts a watch, in simulated time: a restart, a suspend, a suppression
 * that is lifted, other times after a reload.
 */
#include "rhythms_fixture.h"

static struct kept {
	__u64 account;
	struct growth growth;
	bool is_there;
} kept;

static __u64 begin_growth(__u64 account, __u32 tgid, struct growth *ret_growth, void *ctx)
{
	(void)ctx, (void)tgid;
	if (kept.is_there && kept.account == account)
		*ret_growth = kept.growth;
	return 7;
}

static void keep_growth(__u64 account, __u32 tgid, __u64 start_ns, const struct growth *growth,
			void *ctx)
{
	(void)tgid, (void)start_ns, (void)ctx;
	kept = (struct kept){ .account = account, .is_there = growth };
	if (growth)
		kept.growth = *growth;
}

static const struct growth_memory memory = { begin_growth, keep_growth, NULL };

/* An agent with --pin ends and is started again. What was made meanwhile has another site. */
static void restart(struct world *world, __u64 down_ns)
{
	__u64 stopped_ns = world->now_ns;

	leaks__free(world->leaks);
	world->now_ns += down_ns;
	world->was_leaking = false;
	watch(world);
	leaks__remember(world->leaks, memory);
	for (unsigned int i = world->counted; i < world->count; i++)
		if (world->born_ns[i] >= stopped_ns && world->born_ns[i] < world->now_ns)
			world->born_ns[i] = UINT64_MAX / 2;
	for (unsigned int i = 0; i < world->counted; i++) {
		struct event event = event_of(world, i);

		apply(world, &event);
	}
}

static void forget_lost(struct world *world)
{
	unsigned int n = world->counted;

	for (unsigned int i = n; i < world->count; i++)
		if (world->born_ns[i] != UINT64_MAX / 2)
			world->born_ns[n++] = world->born_ns[i];
	world->count = n;
}

static void a_restart_does_not_end_a_leak(void **state)
{
	static const __u64 gaps[] = { 400 * MS, 5 * SECOND, MINUTE, 20 * MINUTE };

	(void)state;
	for (size_t g = 0; g < 4; g++) {
		struct world world;

		kept.is_there = false;
		setup(&world, COMMAND_AGENT, SWEEPS_IN_TIME, 1);
		leaks__remember(world.leaks, memory);
		leak(&world, STEADY, gaps[g], g == 3 ? 20 : 2000);
		run_until(&world, world.born_ns[9] + 5 * MINUTE);
		assert_true(world.was_leaking);
		restart(&world, 2 * MINUTE);
		forget_lost(&world);
		run_through(&world);
		assert_true(world.was_leaking);
		assert_int_equal(world.ceased, 0);
		assert_int_equal(world.begun, 2); /* once in each run */
		teardown(&world);
	}
}

static void a_restart_does_not_revive_a_leak(void **state)
{
	struct world world;

	(void)state;
	kept.is_there = false;
	setup(&world, COMMAND_AGENT, SWEEPS_IN_TIME, 1);
	leaks__remember(world.leaks, memory);
	leak(&world, STEADY, SECOND, 100);
	run_through(&world);
	assert_true(world.was_leaking);
	run_until(&world, world.now_ns + 10 * MINUTE);
	assert_int_equal(world.ceased, 1);
	restart(&world, 2 * SECOND);
	run_until(&world, world.now_ns + HOUR);
	assert_int_equal(world.begun, 1);
	teardown(&world);
}

/* The clock goes on while the machine sleeps, programs and sweeps do not. */
static void a_suspend_is_no_silence(void **state)
{
	static const __u64 apart_ns[] = { SECOND, 50 * SECOND };

	(void)state;
	for (size_t c = 0; c < 2; c++)
		for (size_t g = 0; g < 2; g++)
			for (unsigned int night = 10; night <= 600; night *= 60) {
				struct world world;

				setup(&world, commands[c], SWEEPS_IN_TIME, 1);
				leak(&world, STEADY, apart_ns[g], 100);
				run_through(&world);
				assert_true(world.was_leaking);
				world.now_ns += night * MINUTE;
				for (unsigned int i = 1; i <= 100; i++)
					world.born_ns[world.count++] =
						world.now_ns + i * apart_ns[g];
				sweep(&world);
				assert_true(world.was_leaking);
				run_through(&world);
				assert_true(world.was_leaking);
				assert_int_equal(world.begun, 1);
				assert_int_equal(world.ceased, 0);
				run_until(&world, world.now_ns + MIN_SILENCE_NS - 2 * SECOND);
				assert_true(world.was_leaking);
				/* As if it had been a pause of a sweep that was late. */
				run_until(&world, world.now_ns + 8 * MINUTE);
				assert_false(world.was_leaking);
				teardown(&world);
			}
}

static bool all(const struct leak *leak, void *ctx)
{
	(void)leak, (void)ctx;
	return true;
}

/* What was suppressed is reported again, with all its births: it leaked then, not now. */
static void a_lifted_suppression_is_no_growth(void **state)
{
	struct world world;

	(void)state;
	setup(&world, COMMAND_AGENT, SWEEPS_IN_TIME, 1);
	leak(&world, STEADY, 5 * SECOND, 100);
	run_through(&world);
	leaks__drop(world.leaks, all, NULL);
	run_until(&world, world.now_ns + HOUR);
	assert_int_equal(world.ceased, 1);
	for (unsigned int i = 0; i < world.count; i++) {
		struct event event = event_of(&world, i);

		event.kind = EVENT_CHANGED; /* tracer__retell() */
		apply(&world, &event);
	}
	run_until(&world, world.now_ns + HOUR);
	assert_int_equal(leaks__totals(world.leaks).open, 100);
	assert_int_equal(world.begun, 1);
	teardown(&world);
}

/* With other times (a reload) other births are of one moment. */
static void other_times_hold_from_now_on(void **state)
{
	struct world world;

	(void)state;
	setup(&world, COMMAND_TRACE, SWEEPS_IN_TIME, 1);
	leaks__time(world.leaks, world.options.older_than_ns, HOUR);
	leak(&world, STEADY, 5 * SECOND, 10);
	run_through(&world);
	assert_int_equal(world.begun, 0);
	leaks__time(world.leaks, world.options.older_than_ns, SECOND);
	leak(&world, STEADY, 5 * SECOND, 2);
	run_through(&world);
	assert_int_equal(world.begun, 1);
	teardown(&world);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_restart_does_not_end_a_leak),
		cmocka_unit_test(a_restart_does_not_revive_a_leak),
		cmocka_unit_test(a_suspend_is_no_silence),
		cmocka_unit_test(a_lifted_suppression_is_no_growth),
		cmocka_unit_test(other_times_hold_from_now_on),
	};

	return cmocka_run_group_tests_name("rhythms_pauses", tests, NULL, NULL);
}
