/* SPDX-License-Identifier: BSD-2-Clause */
/* leaks: accounts, growth, and what is held back. */
#include <stdarg.h>
#include <setjmp.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "leaks/leaks.h"

#define SECOND 1000000000ULL
#define ALL_CLASSES (~0U)

/* What was announced, in order. */
static struct {
	enum leaks_change change;
	__u64 inode;
	enum end_reason reason;
} announced[256];
static size_t n_announced;

static void on_change(const struct leak *leak, enum leaks_change change, void *ctx)
{
	(void)ctx;
	assert_true(n_announced < 256);
	announced[n_announced].change = change;
	announced[n_announced].inode = leak->event.socket.inode;
	announced[n_announced++].reason = leak->event.reason;
}

struct fixture {
	struct leaks *leaks;
	struct owner *owner;
	struct stack *stack;
	__u64 now_ns;
};

static int setup(void **state)
{
	struct fixture *fixture = calloc(1, sizeof(*fixture));

	fixture->leaks = leaks__new(ALL_CLASSES, SECOND, on_change, NULL);
	fixture->owner = owner_new(strdup("/usr/bin/ruby"), NULL, NULL);
	fixture->stack = stack_new(1);
	fixture->stack->site = 0x1234;
	fixture->now_ns = 1000 * SECOND;
	n_announced = 0;
	*state = fixture;
	return 0;
}

static int teardown(void **state)
{
	struct fixture *fixture = *state;

	leaks__free(fixture->leaks);
	owner_unref(fixture->owner);
	stack_unref(fixture->stack);
	free(fixture);
	return 0;
}

static struct event event_of(const struct fixture *fixture, __u64 inode, __u32 tgid)
{
	struct event event = { .kind = EVENT_LEAK, .class = CLASS_PROBED, .tgid = tgid };

	event.socket.inode = inode;
	event.socket.since_ns = fixture->now_ns - 5 * SECOND;
	event.now_ns = fixture->now_ns;
	strcpy(event.comm, "ruby");
	return event;
}

static void apply(struct fixture *fixture, const struct event *event)
{
	assert_int_equal(leaks__apply(fixture->leaks, event, fixture->owner, fixture->stack), 0);
}

static void tick(struct fixture *fixture)
{
	fixture->now_ns += SECOND;
	leaks__tick(fixture->leaks, fixture->now_ns);
}

static const struct site *first_site(struct fixture *fixture)
{
	struct site *const *sites;

	assert_true(leaks__sites(fixture->leaks, &sites) > 0);
	return sites[0];
}

static void end(struct fixture *fixture, struct event event, enum end_reason reason)
{
	event.kind = EVENT_ENDED;
	event.reason = reason;
	apply(fixture, &event);
}

static void a_leak_opens_and_resolves(void **state)
{
	struct fixture *fixture = *state;
	struct event event = event_of(fixture, 7, 42);

	assert_int_equal(leaks__holder(fixture->leaks, &event), 0);
	apply(fixture, &event);
	assert_int_equal(leaks__holder(fixture->leaks, &event), 42);
	assert_int_equal(leaks__totals(fixture->leaks).open, 1);
	end(fixture, event, END_USED);
	assert_int_equal(n_announced, 2);
	assert_int_equal(announced[0].change, LEAKS_OPENED);
	assert_int_equal(announced[1].change, LEAKS_RESOLVED);
	assert_int_equal(announced[1].reason, END_USED);
	assert_int_equal(leaks__totals(fixture->leaks).open, 0);
	assert_int_equal(leaks__totals(fixture->leaks).total, 1);
	assert_int_equal(leaks__totals(fixture->leaks).resolved[END_USED], 1);
	assert_int_equal(leaks__holder(fixture->leaks, &event), 0);
}

static void the_end_of_an_unknown_socket_is_nothing(void **state)
{
	struct fixture *fixture = *state;

	end(fixture, event_of(fixture, 7, 42), END_CLOSED);
	assert_int_equal(n_announced, 0);
	assert_int_equal(leaks__totals(fixture->leaks).total, 0);
}

static void the_same_inode_later_is_another_socket(void **state)
{
	struct fixture *fixture = *state;
	struct event first = event_of(fixture, 7, 42), second = first;

	second.socket.since_ns++;
	apply(fixture, &first);
	apply(fixture, &second);
	assert_int_equal(leaks__totals(fixture->leaks).open, 2);
	end(fixture, first, END_CLOSED);
	assert_int_equal(leaks__holder(fixture->leaks, &second), 42);
}

static void a_class_changes(void **state)
{
	struct fixture *fixture = *state;
	struct event event = event_of(fixture, 7, 42);

	apply(fixture, &event);
	event.kind = EVENT_CHANGED;
	event.class = CLASS_CONNECT_FAILED;
	apply(fixture, &event);
	tick(fixture);
	assert_int_equal(announced[1].change, LEAKS_CHANGED);
	assert_int_equal(first_site(fixture)->class, CLASS_CONNECT_FAILED);
	assert_int_equal(first_site(fixture)->by_class[CLASS_PROBED], 0);
	assert_int_equal(first_site(fixture)->open, 1);
}

static void unwanted_classes_are_not_accounted(void **state)
{
	struct fixture *fixture = *state;
	struct event event = event_of(fixture, 7, 42);

	leaks__free(fixture->leaks);
	fixture->leaks = leaks__new(1U << CLASS_NEVER_USED, SECOND, on_change, NULL);
	apply(fixture, &event);
	assert_int_equal(n_announced, 0);

	event.socket.inode = 8;
	event.class = CLASS_NEVER_USED;
	apply(fixture, &event);
	event.kind = EVENT_CHANGED;
	event.class = CLASS_PROBED;
	apply(fixture, &event);
	assert_int_equal(n_announced, 2);
	assert_int_equal(announced[1].change, LEAKS_RESOLVED);
	assert_int_equal(leaks__totals(fixture->leaks).open, 0);
}

/* Nothing is known to have been tried: it goes with those on which nothing was. */
static void a_class_that_is_not_known(void **state)
{
	struct fixture *fixture = *state;
	struct event event = event_of(fixture, 7, 42);

	leaks__free(fixture->leaks);
	fixture->leaks = leaks__new(1U << CLASS_NEVER_USED, SECOND, on_change, NULL);
	event.class = CLASS_NONE;
	apply(fixture, &event);
	tick(fixture);
	assert_int_equal(n_announced, 1);
	assert_int_equal(first_site(fixture)->class, CLASS_NONE);
	assert_int_equal(first_site(fixture)->open, 1);

	leaks__free(fixture->leaks);
	fixture->leaks = leaks__new(1U << CLASS_PROBED, SECOND, on_change, NULL);
	apply(fixture, &event);
	assert_int_equal(n_announced, 1);
}

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
	return tgid == 42 ? 7 : 0; /* no other one can be told from a later one */
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

/* As in the next run: nothing is known but what was kept, and all leaks are told again. */
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

static void what_growth_takes_can_be_told(void **state)
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

static void another_process_takes_a_leak_over(void **state)
{
	struct fixture *fixture = *state;
	struct owner *heir = owner_new(strdup("/usr/bin/perl"), NULL, NULL);
	struct event event = event_of(fixture, 7, 42);

	apply(fixture, &event);
	event.kind = EVENT_CHANGED;
	event.tgid = 43;
	assert_int_equal(leaks__apply(fixture->leaks, &event, heir, NULL), 0);
	tick(fixture);
	assert_int_equal(announced[1].change, LEAKS_CHANGED);
	assert_int_equal(leaks__holder(fixture->leaks, &event), 43);
	assert_int_equal(HASH_COUNT(first_site(fixture)->processes), 1);
	assert_int_equal(first_site(fixture)->processes->tgid, 43);
	assert_int_equal(first_site(fixture)->open, 1);
	assert_ptr_equal(first_site(fixture)->leaks->owner, heir);
	end(fixture, event, END_EXITED);
	assert_int_equal(leaks__totals(fixture->leaks).open, 0);
	owner_unref(heir);
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

static void a_held_back_socket_that_can_be_told_is_shown(void **state)
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

#define THE_CALL 0x77

/* Of one call in the process 42; `stack` is the fixture's from now on. */
static struct event event_of_call(struct fixture *fixture, __u64 inode, struct stack *stack)
{
	struct event event = event_of(fixture, inode, 42);

	event.socket.tgid = 42;
	event.socket.call_site = THE_CALL;
	stack_unref(fixture->stack);
	fixture->stack = stack;
	return event;
}

/* With a site id of its own, as it is made of its one frame. */
static struct stack *stack_at(__u64 offset, enum stack_source source)
{
	struct stack *stack = stack_new(1);

	stack->frames[0].module = strdup("/usr/bin/ruby");
	stack->frames[0].offset = offset;
	stack->site = site_id(stack);
	stack->source = source;
	return stack;
}

static __u64 site_at(__u64 offset)
{
	struct stack *stack = stack_at(offset, STACK_SNAPSHOT);
	__u64 site = stack->site;

	stack_unref(stack);
	return site;
}

static void a_whole_stack_gathers_the_strays_of_its_call(void **state)
{
	struct fixture *fixture = *state;
	struct event first, event, stranger;
	struct site *const *sites;

	/* A socket of another call at the short stack's site stays there. */
	first = event_of_call(fixture, 1, stack_at(0xca11, STACK_CALL));
	stranger = first;
	stranger.socket.inode = 9;
	stranger.socket.call_site = THE_CALL + 1;
	apply(fixture, &first);
	apply(fixture, &stranger);
	assert_int_equal(leaks__sites(fixture->leaks, &sites), 1);
	n_announced = 0;
	tick(fixture);
	event = event_of_call(fixture, 2, stack_at(0x3401e, STACK_SNAPSHOT));
	apply(fixture, &event);
	assert_int_equal(n_announced, 2);
	assert_int_equal(announced[0].change, LEAKS_MOVED);
	assert_int_equal(announced[0].inode, 1);
	assert_int_equal(announced[1].change, LEAKS_OPENED);
	assert_int_equal(leaks__sites(fixture->leaks, &sites), 2);
	assert_int_equal(sites[0]->id, site_at(0x3401e));
	assert_int_equal(sites[0]->open, 2);
	assert_int_equal(sites[0]->total, 2);
	assert_int_equal(sites[0]->by_class[CLASS_PROBED], 2);
	assert_int_equal(sites[1]->id, site_at(0xca11));
	assert_int_equal(sites[1]->open, 1);
	assert_int_equal(sites[1]->total, 1);
	assert_int_equal(leaks__totals(fixture->leaks).total, 3);
	assert_int_equal(leaks__totals(fixture->leaks).open, 3);

	/* It ends at its new site; the next whole stack finds nothing to move. */
	end(fixture, first, END_CLOSED);
	assert_int_equal(leaks__sites(fixture->leaks, &sites), 2);
	assert_int_equal(leaks__totals(fixture->leaks).open, 2);
	n_announced = 0;
	event.socket.inode = 3;
	apply(fixture, &event);
	assert_int_equal(n_announced, 1);
	assert_int_equal(announced[0].change, LEAKS_OPENED);
}

/* Without a slot for its copy the first leak of a call has a short stack. */
static void a_stray_that_is_held_back_grows_with_the_others(void **state)
{
	struct fixture *fixture = *state;
	struct site *const *sites;

	for (__u64 inode = 1; inode <= 3; inode++) {
		enum stack_source source = inode == 1 ? STACK_FP : STACK_SNAPSHOT;
		struct event event = event_of_call(fixture, inode, stack_at(0x10 + source, source));

		event.maybe_in_use = 1;
		apply(fixture, &event);
		tick(fixture);
	}
	assert_int_equal(announced[0].change, LEAKS_MOVED);
	assert_int_equal(leaks__totals(fixture->leaks).held_back, 0);
	assert_int_equal(leaks__totals(fixture->leaks).open, 3);
	assert_int_equal(leaks__sites(fixture->leaks, &sites), 1);
	assert_int_equal(sites[0]->id, site_at(0x10 + STACK_SNAPSHOT));
	assert_true(sites[0]->leaking);
}

/* Threads have the same short stack, and a call each. */
static void a_site_that_its_strays_leave_has_not_grown_by_them(void **state)
{
	struct fixture *fixture = *state;
	struct site *const *sites;
	struct event event;

	for (__u64 inode = 1; inode <= 4; inode++) {
		event = event_of_call(fixture, inode, stack_at(0xca11, STACK_CALL));
		event.socket.call_site += inode == 4;
		apply(fixture, &event);
		tick(fixture);
		fixture->now_ns += SECOND;
	}
	assert_true(first_site(fixture)->leaking);
	event = event_of_call(fixture, 5, stack_at(0x3401e, STACK_SNAPSHOT));
	apply(fixture, &event);
	tick(fixture);
	assert_int_equal(leaks__sites(fixture->leaks, &sites), 2);
	assert_int_equal(sites[0]->open, 4);
	assert_true(sites[0]->leaking);
	assert_int_equal(sites[1]->open, 1);
	assert_false(sites[1]->leaking);
}

/* One call is reached on two ways: its first whole stack says whose its short ones are. */
static void a_short_stack_with_a_whole_ones_site_stays_there(void **state)
{
	struct fixture *fixture = *state;
	struct stack *adopted = stack_at(0xca11, STACK_CALL);
	struct event event;

	adopted->site = site_at(0x3401e);
	event = event_of_call(fixture, 1, adopted);
	apply(fixture, &event);
	n_announced = 0;
	event = event_of_call(fixture, 2, stack_at(0x3402e, STACK_SNAPSHOT));
	apply(fixture, &event);
	assert_int_equal(n_announced, 1);
	assert_int_equal(announced[0].change, LEAKS_OPENED);
}

/* The program's main thread has another name, and its first one again. */
static void a_stray_of_a_program_by_another_name_leaves(void **state)
{
	struct fixture *fixture = *state;
	struct event first, second;
	struct site *const *sites;

	first = event_of_call(fixture, 1, stack_at(0x3401e, STACK_CALL));
	apply(fixture, &first);
	strcpy(first.comm, "busy");
	first.class = CLASS_CONNECT_FAILED;
	apply(fixture, &first);
	second = event_of_call(fixture, 2, stack_at(0x3401e, STACK_SNAPSHOT));
	apply(fixture, &second);
	assert_int_equal(leaks__sites(fixture->leaks, &sites), 2);
	end(fixture, first, END_CLOSED);
	end(fixture, second, END_CLOSED);
	assert_int_equal(leaks__totals(fixture->leaks).open, 0);
}

static void who_holds_a_stray_is_told_once(void **state)
{
	struct fixture *fixture = *state;
	struct event first, event;

	first = event_of_call(fixture, 1, stack_at(0xca11, STACK_CALL));
	apply(fixture, &first);
	first.kind = EVENT_HELD;
	first.tgid++;
	apply(fixture, &first);
	n_announced = 0;
	event = event_of_call(fixture, 2, stack_at(0x3401e, STACK_SNAPSHOT));
	apply(fixture, &event);
	tick(fixture);
	assert_int_equal(n_announced, 2);
	assert_int_equal(announced[0].change, LEAKS_MOVED);
	assert_int_equal(announced[1].change, LEAKS_OPENED);
}

static void a_whole_stack_without_a_site_gathers_none(void **state)
{
	struct fixture *fixture = *state;
	struct stack *jit = stack_new(1);
	struct site *const *sites;
	struct event event;

	jit->source = STACK_SNAPSHOT;
	event = event_of_call(fixture, 1, stack_at(0xca11, STACK_FP));
	apply(fixture, &event);
	event = event_of_call(fixture, 2, jit);
	apply(fixture, &event);
	assert_int_equal(leaks__sites(fixture->leaks, &sites), 2);
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

static void the_worst_site_comes_first(void **state)
{
	struct fixture *fixture = *state;
	struct stack *other = stack_new(1);
	struct site *const *sites;

	other->site = 0x9999;
	for (__u64 inode = 1; inode <= 20; inode++) {
		struct event event = event_of(fixture, inode, 42);

		apply(fixture, &event);
	}
	for (__u64 inode = 101; inode <= 103; inode++) {
		struct event event = event_of(fixture, inode, 42);

		leaks__apply(fixture->leaks, &event, fixture->owner, other);
		tick(fixture);
	}
	assert_int_equal(leaks__sites(fixture->leaks, &sites), 2);
	assert_int_equal(sites[0]->id, 0x9999); /* grows, if fewer */
	assert_int_equal(sites[1]->open, 20);
	stack_unref(other);
}

static void sockets_without_a_stack_are_told_apart_by_process(void **state)
{
	struct fixture *fixture = *state;
	struct event event = event_of(fixture, 1, 42);

	for (__u32 i = 0; i < 4; i++) {
		event.socket.inode = i + 1;
		event.tgid = 42 + i / 2;
		assert_int_equal(leaks__apply(fixture->leaks, &event, fixture->owner, NULL), 0);
	}
	assert_int_equal(leaks__totals(fixture->leaks).sites, 2);
	tick(fixture);
	assert_int_equal(first_site(fixture)->id, 0);
}

static void empty_sites_are_forgotten(void **state)
{
	struct fixture *fixture = *state;
	struct event event = event_of(fixture, 7, 42);
	struct site *const *sites;

	apply(fixture, &event);
	end(fixture, event, END_CLOSED);
	for (int i = 0; i < 700; i++)
		tick(fixture);
	assert_int_equal(leaks__sites(fixture->leaks, &sites), 0);
	assert_int_equal(leaks__totals(fixture->leaks).resolved[END_CLOSED], 1);
	assert_int_equal(fixture->stack->refs, 1); /* nothing holds it any more */
	assert_int_equal(fixture->owner->refs, 1);
}

/* A main thread that is given another name, or several, is no other program. */
static void a_renamed_main_thread_does_not_split_a_site(void **state)
{
	struct fixture *fixture = *state;

	for (__u64 i = 0; i < 3; i++) {
		struct event event = event_of(fixture, 7 + i, 42);

		if (i)
			snprintf(event.comm, sizeof(event.comm), "Thread%llu", i);
		strcpy(fixture->owner->renamed, i ? "ruby" : "");
		apply(fixture, &event);
	}
	assert_int_equal(leaks__totals(fixture->leaks).sites, 1);
	assert_string_equal(first_site(fixture)->name, "ruby");
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(a_leak_opens_and_resolves),
		TEST(the_end_of_an_unknown_socket_is_nothing),
		TEST(the_same_inode_later_is_another_socket),
		TEST(a_class_changes),
		TEST(unwanted_classes_are_not_accounted),
		TEST(a_class_that_is_not_known),
		TEST(one_socket_is_no_growth),
		TEST(a_burst_is_no_growth),
		TEST(more_and_more_is_growth_until_it_stops),
		TEST(growth_goes_on_in_the_next_run),
		TEST(a_pool_does_not_grow_over_a_restart),
		TEST(what_growth_takes_can_be_told),
		TEST(a_leak_an_hour_is_still_growth),
		TEST(growth_is_by_times_of_birth),
		TEST(another_process_takes_a_leak_over),
		TEST(many_processes_with_one_each_are_no_growth),
		TEST(unknowable_sockets_wait_for_growth),
		TEST(a_held_back_socket_that_can_be_told_is_shown),
		TEST(a_whole_stack_gathers_the_strays_of_its_call),
		TEST(a_stray_that_is_held_back_grows_with_the_others),
		TEST(a_site_that_its_strays_leave_has_not_grown_by_them),
		TEST(a_short_stack_with_a_whole_ones_site_stays_there),
		TEST(a_stray_of_a_program_by_another_name_leaves),
		TEST(who_holds_a_stray_is_told_once),
		TEST(a_whole_stack_without_a_site_gathers_none),
		TEST(the_rate_is_a_minute),
		TEST(the_worst_site_comes_first),
		TEST(sockets_without_a_stack_are_told_apart_by_process),
		TEST(empty_sites_are_forgotten),
		TEST(a_renamed_main_thread_does_not_split_a_site),
	};

	return cmocka_run_group_tests_name("leaks", tests, NULL, NULL);
}
