/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * leaks over hours, at the defaults of the agent and of a trace, in simulated time: sweeps
 * that come at their intervals, or late, find the sockets of a program that leaks in some
 * rhythm. The site leaks as soon as its third moment can be counted, it does not cease before
 * the program does, and it ends within the time that growth.h states.
 */
#include <stdarg.h>
#include <setjmp.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "leaks/leaks.h"
#include "options/options.h"

#define MS 1000000ULL
#define SECOND 1000000000ULL
#define MINUTE (60 * SECOND)
#define HOUR (60 * MINUTE)
#define START (1000 * HOUR)
#define MAX_SOCKETS 4096
#define TGID 42

/* How the sweeps come. */
enum sweeps {
	SWEEPS_IN_TIME,
	SWEEPS_LATE,	/* a host with much to do: each as late as user space may make it */
	SWEEPS_CENSUSES /* only a full sweep sees these sockets */
};

/* The program and what watches it. */
struct world {
	struct options options;
	enum sweeps sweeps;
	__u64 born_ns[MAX_SOCKETS]; /* rising */
	__u64 busy_ns; /* a connect takes so long, and no socket counts before its end */
	unsigned int count, counted;
	struct leaks *leaks;
	struct owner *owner;
	struct stack *stack;
	__u64 now_ns;
	__u64 random;
	/* What was seen. */
	bool was_leaking;
	unsigned int begun, ceased;   /* how often */
	__u64 begun_ns, ceased_ns;    /* first, last */
	__u64 counted_ns, longest_ns; /* the last that was counted, the longest time between two */
};

/* The same numbers each time: of xorshift64*, Vigna 2016. */
static double chance(struct world *world)
{
	world->random ^= world->random >> 12;
	world->random ^= world->random << 25;
	world->random ^= world->random >> 27;
	return (double)((world->random * 0x2545f4914f6cdd1dULL) >> 11) / (double)(1ULL << 53);
}

static void ignore(const struct leak *leak, enum leaks_change change, void *ctx)
{
	(void)leak, (void)change, (void)ctx;
}

static void on_growth(const struct site *site, void *ctx)
{
	struct world *world = ctx;

	if (site->leaking) {
		if (!world->begun++)
			world->begun_ns = world->now_ns;
	} else {
		world->ceased++;
		world->ceased_ns = world->now_ns;
	}
	world->was_leaking = site->leaking;
}

static void watch(struct world *world)
{
	world->leaks = leaks__new(world->options.classes, 0, ignore, NULL);
	leaks__tune(world->leaks, world->options.min_growth, world->options.min_open);
	leaks__time(world->leaks, world->options.older_than_ns, world->options.interval_ns);
	leaks__on_growth(world->leaks, on_growth, world);
	leaks__begin(world->leaks, world->now_ns);
}

static void setup(struct world *world, enum command command, enum sweeps sweeps, __u64 seed)
{
	memset(world, 0, sizeof(*world));
	world->options = options_defaults(command);
	world->sweeps = sweeps;
	world->random = seed * 7919 + 1;
	world->now_ns = START;
	world->owner = owner_new(NULL, NULL, NULL);
	world->stack = stack_new(1);
	world->stack->site = 0x1234;
	watch(world);
}

static void teardown(struct world *world)
{
	leaks__free(world->leaks);
	owner_unref(world->owner);
	stack_unref(world->stack);
}

static struct event event_of(const struct world *world, unsigned int i)
{
	struct event event = { .kind = EVENT_LEAK, .class = CLASS_PROBED, .tgid = TGID };

	event.now_ns = world->now_ns;
	event.socket.tgid = TGID;
	event.socket.inode = i + 1;
	event.socket.since_ns = world->born_ns[i];
	return event;
}

static void apply(struct world *world, const struct event *event)
{
	assert_int_equal(leaks__apply(world->leaks, event, world->owner, world->stack), 0);
}

static __u64 countable_ns(const struct world *world, unsigned int i)
{
	__u64 wait_ns = world->options.older_than_ns;

	return world->born_ns[i] + (world->busy_ns > wait_ns ? world->busy_ns : wait_ns);
}

/* A sweep, which finds the newest first, as one in the order of a hash table may. */
static void sweep(struct world *world)
{
	unsigned int until = world->counted;

	while (until < world->count && countable_ns(world, until) <= world->now_ns)
		until++;
	for (unsigned int i = until; i-- > world->counted;) {
		struct event event = event_of(world, i);

		apply(world, &event);
	}
	if (until > world->counted) {
		if (world->counted && world->now_ns - world->counted_ns > world->longest_ns)
			world->longest_ns = world->now_ns - world->counted_ns;
		world->counted_ns = world->now_ns;
	}
	world->counted = until;
	leaks__tick(world->leaks, world->now_ns);
}

static __u64 time_to_the_next(struct world *world)
{
	switch (world->sweeps) {
	case SWEEPS_LATE: /* watch.c: MAX_REST_NS, and the sweep itself */
		return (__u64)((double)world->options.interval_ns + chance(world) * 15e9);
	case SWEEPS_CENSUSES: /* taken to the nearest sweep */
		return world->options.full_sweep_interval_ns +
		       (__u64)(chance(world) * (double)world->options.interval_ns);
	case SWEEPS_IN_TIME:
		break;
	}
	return world->options.interval_ns;
}

static void run_until(struct world *world, __u64 until_ns)
{
	while (world->now_ns < until_ns) {
		__u64 next_ns = world->now_ns + time_to_the_next(world);

		/* Sweeps that are no full sweeps see nothing of these sockets. */
		while (world->now_ns + world->options.interval_ns < next_ns &&
		       world->sweeps == SWEEPS_CENSUSES) {
			world->now_ns += world->options.interval_ns;
			leaks__tick(world->leaks, world->now_ns);
		}
		world->now_ns = next_ns;
		sweep(world);
	}
}

static void run_through(struct world *world)
{
	while (world->counted < world->count)
		run_until(world, world->now_ns + 1);
}

/* ---- Rhythms ---- */

enum rhythm { STEADY, JITTERED, BURSTS, BY_CHANCE };

/* -log(1 - x) for 0 <= x < 1 without libm: by halving. */
static double exponential(double x)
{
	double sum = 0, left = 1 - x, term = 1;

	for (; left < 0.5; left *= 2)
		sum += 0.69314718055994531;
	for (int k = 1; k < 60; k++) {
		term *= 1 - left;
		sum += term / k;
	}
	return sum;
}

static __u64 gap_of(struct world *world, enum rhythm rhythm, __u64 gap_ns, unsigned int i)
{
	switch (rhythm) {
	case STEADY:
		break;
	case JITTERED: /* from a tenth to nearly twice as long */
		return (__u64)((double)gap_ns * (0.1 + 1.8 * chance(world)));
	case BURSTS: /* of five, or, at high rates, of a hundred */
		if (gap_ns < 5 * SECOND)
			return i % 100 ? gap_ns / 2 : gap_ns * 50;
		return i % 5 ? 1500 * MS : gap_ns * 5 - 6 * SECOND;
	case BY_CHANCE:
		return (__u64)((double)gap_ns * exponential(chance(world)));
	}
	return gap_ns;
}

static void leak(struct world *world, enum rhythm rhythm, __u64 gap_ns, unsigned int count)
{
	__u64 born_ns = world->count ? world->born_ns[world->count - 1] : START + SECOND;

	assert_true(world->count + count <= MAX_SOCKETS);
	for (unsigned int i = 1; i <= count; i++) {
		born_ns += gap_of(world, rhythm, gap_ns, i);
		world->born_ns[world->count++] = born_ns;
	}
}

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
static const enum command commands[] = { COMMAND_AGENT, COMMAND_TRACE };

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

/* ---- Sites that do not leak ---- */

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

/* ---- Rates ---- */

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

/* ---- Runs, one after the other ---- */

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
		cmocka_unit_test(a_restart_does_not_end_a_leak),
		cmocka_unit_test(a_restart_does_not_revive_a_leak),
		cmocka_unit_test(a_suspend_is_no_silence),
		cmocka_unit_test(a_lifted_suppression_is_no_growth),
		cmocka_unit_test(other_times_hold_from_now_on),
	};

	return cmocka_run_group_tests_name("rhythms", tests, NULL, NULL);
}
