/* SPDX-License-Identifier: BSD-2-Clause */
/* leaks: what opens, changes and ends an account, and in which account a socket is. */
#include "leaks_fixture.h"

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
	assert_int_equal(announced[1].reason, END_RECLASSIFIED);
	assert_int_equal(leaks__totals(fixture->leaks).resolved[END_RECLASSIFIED], 1);
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

/* What one sweep finds and the next one takes back, before either was reported. */
static void a_holder_that_comes_and_goes_is_no_news(void **state)
{
	struct fixture *fixture = *state;
	struct event event = event_of(fixture, 7, 42), other = event;

	apply(fixture, &event);
	tick(fixture);
	assert_int_equal(n_announced, 1);
	other.tgid = 43;
	other.kind = EVENT_HELD;
	apply(fixture, &other);
	other.kind = EVENT_LEFT;
	apply(fixture, &other);
	tick(fixture);
	assert_int_equal(n_announced, 1);
	other.kind = EVENT_HELD;
	apply(fixture, &other);
	tick(fixture);
	assert_int_equal(n_announced, 2);
	assert_int_equal(announced[1].change, LEAKS_CHANGED);
	/* the same two again, and then only the first */
	other.kind = EVENT_LEFT;
	apply(fixture, &other);
	other.kind = EVENT_HELD;
	apply(fixture, &other);
	tick(fixture);
	assert_int_equal(n_announced, 2);
	other.kind = EVENT_LEFT;
	apply(fixture, &other);
	tick(fixture);
	assert_int_equal(n_announced, 3);
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

static void sockets_without_a_stack_are_distinct_by_process(void **state)
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

/* The kernel's side had given up its evidence: it ends with what is known here. */
static void what_was_given_up_ends_with_its_evidence(void **state)
{
	struct fixture *fixture = *state;
	struct event event = event_of(fixture, fixture->now_ns, 42), ended = { 0 };

	event.socket.evidence.connect_tries = 3;
	assert_int_equal(leaks__apply(fixture->leaks, &event, fixture->owner, fixture->stack), 0);
	ended.kind = EVENT_ENDED;
	ended.reason = END_CLOSED;
	ended.given_up = 1;
	ended.socket.inode = event.socket.inode;
	ended.socket.since_ns = event.socket.since_ns;
	assert_int_equal(leaks__apply(fixture->leaks, &ended, NULL, NULL), 0);
	assert_int_equal(announced[1].change, LEAKS_RESOLVED);
	assert_int_equal(announced[1].connect_tries, 3);
}

/* How many leaks the site has had when another one comes `empty_s` seconds after its last. */
static __u64 total_after(struct fixture *fixture, struct stack *stack, unsigned int empty_s)
{
	struct event event = event_of(fixture, fixture->now_ns, 42);

	assert_int_equal(leaks__apply(fixture->leaks, &event, fixture->owner, stack), 0);
	event.kind = EVENT_ENDED;
	event.reason = END_CLOSED;
	assert_int_equal(leaks__apply(fixture->leaks, &event, NULL, NULL), 0);
	for (unsigned int i = 0; i <= empty_s; i++) /* the first tick finds it empty */
		tick(fixture);
	event = event_of(fixture, fixture->now_ns, 42);
	assert_int_equal(leaks__apply(fixture->leaks, &event, fixture->owner, stack), 0);
	return first_site(fixture)->total;
}

/* Code comes again: its site has ten minutes. A process without a stack has ten seconds. */
static void an_empty_site_is_known_for_a_while(void **state)
{
	assert_int_equal(total_after(*state, ((struct fixture *)*state)->stack, 600), 2);
}

static void an_empty_site_is_new_after_that(void **state)
{
	assert_int_equal(total_after(*state, ((struct fixture *)*state)->stack, 601), 1);
}

static void an_empty_process_is_known_for_a_while(void **state)
{
	assert_int_equal(total_after(*state, NULL, 10), 2);
}

static void an_empty_process_is_new_after_that(void **state)
{
	assert_int_equal(total_after(*state, NULL, 11), 1);
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

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(a_leak_opens_and_resolves),
		TEST(the_end_of_an_unknown_socket_is_nothing),
		TEST(the_same_inode_later_is_another_socket),
		TEST(a_class_changes),
		TEST(unwanted_classes_are_not_accounted),
		TEST(a_class_that_is_not_known),
		TEST(another_process_takes_a_leak_over),
		TEST(a_holder_that_comes_and_goes_is_no_news),
		TEST(the_worst_site_comes_first),
		TEST(sockets_without_a_stack_are_distinct_by_process),
		TEST(empty_sites_are_forgotten),
		TEST(what_was_given_up_ends_with_its_evidence),
		TEST(an_empty_site_is_known_for_a_while),
		TEST(an_empty_site_is_new_after_that),
		TEST(an_empty_process_is_known_for_a_while),
		TEST(an_empty_process_is_new_after_that),
		TEST(a_renamed_main_thread_does_not_split_a_site),
	};

	return cmocka_run_group_tests_name("leaks", tests, NULL, NULL);
}
