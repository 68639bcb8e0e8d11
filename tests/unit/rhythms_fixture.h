/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * rhythms_fixture: leaks over hours in simulated time: sweeps that come at their intervals, or
 * late, find the sockets of a program that leaks in some rhythm.
 */
#ifndef RHYTHMS_FIXTURE_H
#define RHYTHMS_FIXTURE_H

#include <stdarg.h>
#include <setjmp.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "leaks/leaks.h"
#include "options/options.h"

#define _unused_ __attribute__((unused))

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

_unused_ static const enum command commands[] = { COMMAND_AGENT, COMMAND_TRACE };

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
_unused_ static double chance(struct world *world)
{
	world->random ^= world->random >> 12;
	world->random ^= world->random << 25;
	world->random ^= world->random >> 27;
	return (double)((world->random * 0x2545f4914f6cdd1dULL) >> 11) / (double)(1ULL << 53);
}

_unused_ static void ignore(const struct leak *leak, enum leaks_change change, void *ctx)
{
	(void)leak, (void)change, (void)ctx;
}

_unused_ static void on_growth(const struct site *site, void *ctx)
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

_unused_ static void watch(struct world *world)
{
	world->leaks = leaks__new(world->options.classes, 0, ignore, NULL);
	leaks__tune(world->leaks, world->options.min_growth, world->options.min_open);
	leaks__time(world->leaks, world->options.older_than_ns, world->options.interval_ns);
	leaks__on_growth(world->leaks, on_growth, world);
	leaks__begin(world->leaks, world->now_ns);
}

_unused_ static void setup(struct world *world, enum command command, enum sweeps sweeps,
			   __u64 seed)
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

_unused_ static void teardown(struct world *world)
{
	leaks__free(world->leaks);
	owner_unref(world->owner);
	stack_unref(world->stack);
}

_unused_ static struct event event_of(const struct world *world, unsigned int i)
{
	struct event event = { .kind = EVENT_LEAK, .class = CLASS_PROBED, .tgid = TGID };

	event.now_ns = world->now_ns;
	event.socket.tgid = TGID;
	event.socket.inode = i + 1;
	event.socket.since_ns = world->born_ns[i];
	return event;
}

_unused_ static void apply(struct world *world, const struct event *event)
{
	assert_int_equal(leaks__apply(world->leaks, event, world->owner, world->stack), 0);
}

_unused_ static __u64 countable_ns(const struct world *world, unsigned int i)
{
	__u64 wait_ns = world->options.older_than_ns;

	return world->born_ns[i] + (world->busy_ns > wait_ns ? world->busy_ns : wait_ns);
}

/* A sweep, which finds the newest first, as one in the order of a hash table may. */
_unused_ static void sweep(struct world *world)
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

_unused_ static __u64 time_to_the_next(struct world *world)
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

_unused_ static void run_until(struct world *world, __u64 until_ns)
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

_unused_ static void run_through(struct world *world)
{
	while (world->counted < world->count)
		run_until(world, world->now_ns + 1);
}

enum rhythm { STEADY, JITTERED, BURSTS, BY_CHANCE };

/* -log(1 - x) for 0 <= x < 1 without libm: by halving. */
_unused_ static double exponential(double x)
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

_unused_ static __u64 gap_of(struct world *world, enum rhythm rhythm, __u64 gap_ns, unsigned int i)
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

_unused_ static void leak(struct world *world, enum rhythm rhythm, __u64 gap_ns, unsigned int count)
{
	__u64 born_ns = world->count ? world->born_ns[world->count - 1] : START + SECOND;

	assert_true(world->count + count <= MAX_SOCKETS);
	for (unsigned int i = 1; i <= count; i++) {
		born_ns += gap_of(world, rhythm, gap_ns, i);
		world->born_ns[world->count++] = born_ns;
	}
}

#endif /* RHYTHMS_FIXTURE_H */
