/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * leaks_moves: a leak whose stack turns out to be another site's goes there with all that is
 * counted of it, and the account that it leaves is as if it had never been there.
 */
#include "leaks_fixture.h"

#define OTHER_SITE 0x5678

/* Stacks of the fixture's site. Which function it is becomes known later. */
static struct stack *stack_of(__u64 site, unsigned int frames)
{
	struct stack *stack = stack_new(frames);

	stack->site = site;
	return stack;
}

static void leak_by(struct fixture *fixture, struct stack *stack, __u64 inode, __u32 tgid,
		    bool maybe_in_use)
{
	struct event event = event_of(fixture, inode, tgid);

	event.maybe_in_use = maybe_in_use;
	assert_int_equal(leaks__apply(fixture->leaks, &event, fixture->owner, stack), 0);
}

static struct site *site_with(struct fixture *fixture, __u64 id)
{
	struct site *const *sites;
	long count = leaks__sites(fixture->leaks, &sites);

	for (long i = 0; i < count; i++)
		if (sites[i]->id == id)
			return sites[i];
	return NULL;
}

/* The leaks of the fixture's stack go to the other site; one of its frames has a name now. */
static void move_away(struct fixture *fixture)
{
	struct stack *renamed = stack_of(OTHER_SITE, 2);

	leaks__rename(fixture->leaks, site_with(fixture, 0x1234), fixture->stack, renamed);
	stack_unref(renamed);
}

static void both_accounts_are_right(void **state)
{
	struct fixture *fixture = *state;
	struct stack *stays = stack_of(0x1234, 1);
	struct site *old, *new;

	leak_by(fixture, fixture->stack, 1, 42, /* maybe_in_use= */ true);
	leak_by(fixture, fixture->stack, 2, 42, /* maybe_in_use= */ false);
	leak_by(fixture, stays, 3, 43, /* maybe_in_use= */ false);
	leak_by(fixture, stays, 4, 43, /* maybe_in_use= */ true);
	old = site_with(fixture, 0x1234);
	assert_int_equal(old->held_back, 2);
	move_away(fixture);
	new = site_with(fixture, OTHER_SITE);
	for (const struct site *site = old; site; site = site == old ? new : NULL) {
		assert_int_equal(site->open, 1);
		assert_int_equal(site->held_back, 1);
		assert_int_equal(site->total, 1);
		assert_int_equal(site->by_class[CLASS_PROBED], 1);
		assert_int_equal(HASH_COUNT(site->processes), 1);
		assert_int_equal(site->processes->open, 2);
	}
	assert_int_equal(old->processes->tgid, 43);
	assert_int_equal(new->processes->tgid, 42);
	assert_int_equal(new->leaks->event.socket.inode, 2); /* the newest first, as before */
	assert_int_equal(leaks__totals(fixture->leaks).open, 2);
	assert_int_equal(leaks__totals(fixture->leaks).held_back, 2);
	stack_unref(stays);
}

static void the_better_stack_is_shown(void **state)
{
	struct fixture *fixture = *state;
	struct stack *short_one = stack_of(OTHER_SITE, 1);

	leak_by(fixture, short_one, 1, 42, /* maybe_in_use= */ false);
	leak_by(fixture, fixture->stack, 2, 42, /* maybe_in_use= */ false);
	move_away(fixture);
	assert_int_equal(site_with(fixture, OTHER_SITE)->open, 2);
	assert_int_equal(site_with(fixture, OTHER_SITE)->stack->count, 2);
	stack_unref(short_one);
}

/* Better names, the same site: the stacks of other callers stay what they are. */
static void only_this_stack_is_renamed(void **state)
{
	struct fixture *fixture = *state;
	struct stack *other = stack_of(0x1234, 3), *renamed = stack_of(0x1234, 2);

	leak_by(fixture, other, 1, 42, /* maybe_in_use= */ false);
	leak_by(fixture, fixture->stack, 2, 42, /* maybe_in_use= */ false);
	leaks__rename(fixture->leaks, site_with(fixture, 0x1234), fixture->stack, renamed);
	assert_ptr_equal(first_site(fixture)->leaks->stack, renamed);
	assert_ptr_equal(first_site(fixture)->leaks->next->stack, other);
	assert_ptr_equal(first_site(fixture)->stack, other);
	stack_unref(other);
	stack_unref(renamed);
}

/* Ten at once, of which nine are closed: the peak is ten, and one is open. */
static void grow_and_shrink(struct fixture *fixture)
{
	for (__u64 inode = 1; inode <= 10; inode++)
		leak_by(fixture, fixture->stack, inode, 42, /* maybe_in_use= */ false);
	for (__u64 inode = 1; inode <= 9; inode++)
		end(fixture, event_of(fixture, inode, 42), END_CLOSED);
}

static void growth_goes_along(void **state)
{
	struct fixture *fixture = *state;

	grow_and_shrink(fixture);
	move_away(fixture);
	assert_int_equal(site_with(fixture, OTHER_SITE)->processes->growth.peak, 10);
}

/* The process has leaks at the other site already, whose growth is known: two are open there. */
static void growth_of_its_own_is_kept(void **state)
{
	struct fixture *fixture = *state;
	struct stack *other = stack_of(OTHER_SITE, 2);

	leak_by(fixture, other, 11, 42, /* maybe_in_use= */ false);
	grow_and_shrink(fixture);
	move_away(fixture);
	assert_int_equal(site_with(fixture, OTHER_SITE)->processes->growth.peak, 2);
	stack_unref(other);
}

/* What an earlier run remembers, and what this one gives the next one. */
static struct growth remembered;
static unsigned int kept_peak;

static __u64 begin(__u64 account, __u32 tgid, struct growth *ret_growth, void *ctx)
{
	(void)account;
	(void)tgid;
	(void)ctx;
	*ret_growth = remembered;
	return 7;
}

static void keep(__u64 account, __u32 tgid, __u64 start_ns, const struct growth *growth, void *ctx)
{
	(void)account;
	(void)tgid;
	(void)start_ns;
	(void)ctx;
	kept_peak = growth ? growth->peak : 0;
}

static void an_earlier_peak_is_kept(void **state)
{
	struct fixture *fixture = *state;

	grow_and_shrink(fixture);
	remembered = (struct growth){ .peak = 20 };
	leaks__remember(fixture->leaks, (struct growth_memory){ begin, keep, NULL });
	move_away(fixture);
	assert_int_equal(site_with(fixture, OTHER_SITE)->processes->growth.peak, 20);
}

static void the_next_run_knows_it(void **state)
{
	struct fixture *fixture = *state;

	remembered = (struct growth){ .peak = 0 };
	leaks__remember(fixture->leaks, (struct growth_memory){ begin, keep, NULL });
	grow_and_shrink(fixture);
	tick(fixture);
	move_away(fixture);
	kept_peak = 0;
	tick(fixture);
	assert_int_equal(kept_peak, 10);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(both_accounts_are_right),	  TEST(the_better_stack_is_shown),
		TEST(only_this_stack_is_renamed), TEST(growth_goes_along),
		TEST(growth_of_its_own_is_kept),  TEST(an_earlier_peak_is_kept),
		TEST(the_next_run_knows_it),
	};

	return cmocka_run_group_tests_name("leaks_moves", tests, NULL, NULL);
}
