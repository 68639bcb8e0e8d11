/* SPDX-License-Identifier: BSD-2-Clause */
/* renewals: a socket in the place of an older one is no growth, and a leak is one all the same. */
#include <stdarg.h>
#include <setjmp.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "leaks/growth/renewals.h"
#include "leaks/leaks.h"

#define SECOND 1000000000ULL
#define OLDER_THAN (8 * SECOND)
#define PROCESS 4242

static void an_end_pays_for_one_birth(void **state)
{
	struct renewals renewals = { 0 };

	(void)state;
	assert_false(renewals_take(&renewals, PROCESS, 10 * SECOND, SECOND));
	renewals_end(&renewals, PROCESS, 10 * SECOND);
	renewals_end(&renewals, PROCESS, 10 * SECOND);
	assert_false(renewals_take(&renewals, PROCESS + 1, 10 * SECOND, SECOND));
	assert_true(renewals_take(&renewals, PROCESS, 9 * SECOND, SECOND));
	assert_true(renewals_take(&renewals, PROCESS, 11 * SECOND, SECOND));
	assert_false(renewals_take(&renewals, PROCESS, 11 * SECOND, SECOND));
	renewals_clear(&renewals);
}

static void a_birth_long_after_is_not_paid_for(void **state)
{
	struct renewals renewals = { 0 };

	(void)state;
	for (int i = 0; i < 100; i++)
		renewals_end(&renewals, PROCESS, 10 * SECOND);
	assert_false(renewals_take(&renewals, PROCESS, 12 * SECOND, SECOND));
	/* Nor is one that comes in time, but is counted later. */
	assert_false(renewals_take(&renewals, PROCESS, 10 * SECOND, SECOND));
	renewals_end(&renewals, PROCESS, 20 * SECOND);
	renewals_forget(&renewals, 20 * SECOND);
	assert_true(renewals_take(&renewals, PROCESS, 20 * SECOND, SECOND));
	renewals_end(&renewals, PROCESS, 20 * SECOND);
	renewals_forget(&renewals, 21 * SECOND);
	assert_false(renewals_take(&renewals, PROCESS, 20 * SECOND, SECOND));
	renewals_clear(&renewals);
}

/* ---- A simulated process, second by second ---- */

#define POOL 8
#define LIFE 16 /* seconds, of a socket of the pool: one ends every other second */

struct simulated {
	struct leaks *leaks;
	struct owner *owner;
	struct stack *stack;
	unsigned int leaking; /* seconds in which the site was called leaking */
};

static void ignore(const struct leak *leak, enum leaks_change change, void *ctx)
{
	(void)leak, (void)change, (void)ctx;
}

static void event(struct simulated *simulated, enum event_kind kind, __u64 inode, bool is_old,
		  __u64 since_ns, __u64 now_ns)
{
	struct event event = { .kind = kind, .tgid = PROCESS, .now_ns = now_ns };

	event.class = is_old ? CLASS_UNKNOWN_ORIGIN : CLASS_NEVER_USED;
	event.reason = kind == EVENT_ENDED ? END_CLOSED : END_NONE;
	event.socket.inode = inode;
	event.socket.since_ns = since_ns;
	event.socket.tgid = PROCESS;
	event.socket.flags = is_old ? PENDING_ORIGIN_UNKNOWN : 0;
	strcpy(event.comm, "pool");
	assert_int_equal(leaks__apply(simulated->leaks, &event, simulated->owner,
				      is_old ? NULL : simulated->stack),
			 0);
}

/*
 * One place of the pool, whose first socket was made `place * 2` seconds before the watch. The
 * kernel's side tells of the end of an old socket also when it never reported it.
 */
static void live(struct simulated *simulated, unsigned int place, unsigned int second)
{
	unsigned int age = (second + place * 2) % LIFE;
	unsigned int turn = (second + place * 2) / LIFE; /* 0 = made before the watch */
	__u64 begin_ns = 1000 * SECOND, now_ns = begin_ns + second * SECOND;
	__u64 since_ns = turn ? now_ns - age * SECOND : begin_ns;

	if (!age && turn)
		event(simulated, EVENT_ENDED, place + (turn - 1) * POOL, turn == 1,
		      turn == 1 ? begin_ns : now_ns - LIFE * SECOND, now_ns);
	if (now_ns - since_ns == OLDER_THAN)
		event(simulated, EVENT_LEAK, place + turn * POOL, !turn, since_ns, now_ns);
}

static bool site_leaks(struct simulated *simulated)
{
	struct site *const *sites;
	long count = leaks__sites(simulated->leaks, &sites);

	for (long i = 0; i < count; i++)
		if (sites[i]->leaking)
			return true;
	return false;
}

/* All of what the pool has open, and what it opens from now on. Takes the stack. */
static void move_pool(struct simulated *simulated, struct stack *renamed)
{
	struct site *const *sites;
	long count = leaks__sites(simulated->leaks, &sites);
	struct site *site = NULL;

	for (long i = 0; i < count; i++)
		if (sites[i]->id == simulated->stack->site)
			site = sites[i];
	assert_non_null(site);
	leaks__rename(simulated->leaks, site, simulated->stack, renamed);
	stack_unref(simulated->stack);
	simulated->stack = renamed;
}

/* `leak_every` seconds the process also leaks one at the pool's site; 0 = it does not. */
static struct simulated simulate(unsigned int seconds, unsigned int leak_every)
{
	struct simulated simulated = {
		.leaks = leaks__new(~0U, SECOND, ignore, NULL),
		.owner = owner_new(NULL, NULL, NULL),
		.stack = stack_new(1),
	};

	simulated.stack->site = 0x1234;
	leaks__time(simulated.leaks, OLDER_THAN, SECOND);
	leaks__begin(simulated.leaks, 1000 * SECOND);
	for (unsigned int second = 0; second < seconds; second++) {
		__u64 now_ns = (1000 + second) * SECOND;

		for (unsigned int place = 0; place < POOL; place++)
			live(&simulated, place, second);
		if (leak_every && second % leak_every == 0)
			event(&simulated, EVENT_LEAK, 1000000 + second, false, now_ns - OLDER_THAN,
			      now_ns);
		leaks__tick(simulated.leaks, now_ns);
		simulated.leaking += site_leaks(&simulated);
	}
	leaks__free(simulated.leaks);
	owner_unref(simulated.owner);
	stack_unref(simulated.stack);
	return simulated;
}

static void a_pool_that_is_renewed_never_leaks(void **state)
{
	(void)state;
	assert_int_equal(simulate(600, 0).leaking, 0);
}

/* At second 40 symbols have come: the pool's code is another site by its name. */
static void a_pool_that_moves_to_another_site_never_leaks(void **state)
{
	struct simulated simulated = {
		.leaks = leaks__new(~0U, SECOND, ignore, NULL),
		.owner = owner_new(NULL, NULL, NULL),
		.stack = stack_new(1),
	};
	struct stack *renamed = stack_new(1);

	(void)state;
	simulated.stack->site = 0x1234;
	renamed->site = 0x5678;
	leaks__time(simulated.leaks, OLDER_THAN, SECOND);
	leaks__begin(simulated.leaks, 1000 * SECOND);
	for (unsigned int second = 0; second < 300; second++) {
		for (unsigned int place = 0; place < POOL; place++)
			live(&simulated, place, second);
		leaks__tick(simulated.leaks, (1000 + second) * SECOND);
		simulated.leaking += site_leaks(&simulated);
		if (second == 40)
			move_pool(&simulated, renamed);
	}
	assert_int_equal(simulated.leaking, 0);
	leaks__free(simulated.leaks);
	owner_unref(simulated.owner);
	stack_unref(simulated.stack);
}

/* Sockets of io_uring come and go as long as the process lives: not those of before the watch. */
static void what_comes_later_pays_for_nothing(void **state)
{
	struct simulated simulated = {
		.leaks = leaks__new(~0U, SECOND, ignore, NULL),
		.owner = owner_new(NULL, NULL, NULL),
		.stack = stack_new(1),
	};

	(void)state;
	simulated.stack->site = 0x1234;
	leaks__time(simulated.leaks, OLDER_THAN, SECOND);
	leaks__begin(simulated.leaks, 1000 * SECOND);
	for (__u64 second = 10; second < 200; second++) {
		__u64 now_ns = (1000 + second) * SECOND;

		event(&simulated, EVENT_ENDED, 5000000 + second, true, now_ns - SECOND, now_ns);
		if (second % 5 == 0)
			event(&simulated, EVENT_LEAK, second, false, now_ns - OLDER_THAN, now_ns);
		leaks__tick(simulated.leaks, now_ns);
		simulated.leaking += site_leaks(&simulated);
	}
	assert_true(simulated.leaking > 170);
	leaks__free(simulated.leaks);
	owner_unref(simulated.owner);
	stack_unref(simulated.stack);
}

static void a_leak_beside_a_pool_is_reported(void **state)
{
	(void)state;
	assert_true(simulate(600, 20).leaking > 480); /* known after at most 120 s */
	assert_true(simulate(60, 1).leaking > 30);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(an_end_pays_for_one_birth),
		cmocka_unit_test(a_birth_long_after_is_not_paid_for),
		cmocka_unit_test(a_pool_that_is_renewed_never_leaks),
		cmocka_unit_test(a_pool_that_moves_to_another_site_never_leaks),
		cmocka_unit_test(what_comes_later_pays_for_nothing),
		cmocka_unit_test(a_leak_beside_a_pool_is_reported),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
