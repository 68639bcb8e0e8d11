/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * partial_stacks: leaks with a short stack go to the site of the first whole one of their
 * call.
 */
#include "leaks_fixture.h"
#include "stacks/site_id.h"

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

/* The site that it leaves has it no more, and the one that it comes to has. */
static void a_stray_that_is_held_back_stays_so(void **state)
{
	struct fixture *fixture = *state;
	struct event event, shown;
	struct site *const *sites;

	event = event_of_call(fixture, 1, stack_at(0xca11, STACK_CALL));
	shown = event;
	event.maybe_in_use = 1;
	apply(fixture, &event);
	shown.socket.inode = 9;
	shown.socket.call_site = THE_CALL + 1;
	apply(fixture, &shown);
	assert_int_equal(first_site(fixture)->held_back, 1);
	event = event_of_call(fixture, 2, stack_at(0x3401e, STACK_SNAPSHOT));
	apply(fixture, &event);
	assert_int_equal(leaks__sites(fixture->leaks, &sites), 2);
	for (int i = 0; i < 2; i++) {
		assert_int_equal(sites[i]->held_back, sites[i]->id == site_at(0x3401e));
		assert_int_equal(sites[i]->open, 1);
		assert_int_equal(sites[i]->total, 1);
	}
	assert_int_equal(leaks__totals(fixture->leaks).held_back, 1);
	assert_int_equal(leaks__totals(fixture->leaks).open, 2);
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

/* The others of the short stack's site are of other calls: their number is none of this one. */
static void a_stray_does_not_bring_the_growth_of_others(void **state)
{
	struct fixture *fixture = *state;
	struct site *const *sites;
	struct event event;

	for (__u64 inode = 1; inode <= 4; inode++) {
		event = event_of_call(fixture, inode, stack_at(0xca11, STACK_CALL));
		event.socket.call_site += inode - 1;
		apply(fixture, &event);
	}
	event = event_of_call(fixture, 5, stack_at(0x3401e, STACK_SNAPSHOT));
	apply(fixture, &event);
	assert_int_equal(leaks__sites(fixture->leaks, &sites), 2);
	for (int i = 0; i < 2; i++)
		assert_int_equal(sites[i]->processes->growth.peak,
				 sites[i]->id == site_at(0x3401e) ? 2 : 3);
}

/* Code without a name may be the same in another process: the first whole stack stays. */
static void a_short_stack_with_a_whole_ones_site_stays_there(void **state)
{
	struct fixture *fixture = *state;
	struct stack *adopted = stack_at(0xca11, STACK_CALL);
	struct event event;

	event = event_of_call(fixture, 3, stack_at(0x3401e, STACK_SNAPSHOT));
	apply(fixture, &event);
	adopted->site = site_at(0x3401e);
	event = event_of_call(fixture, 1, adopted);
	apply(fixture, &event);
	n_announced = 0;
	event = event_of_call(fixture, 2, stack_at(0x3402e, STACK_SNAPSHOT));
	apply(fixture, &event);
	assert_int_equal(n_announced, 1);
	assert_int_equal(announced[0].change, LEAKS_OPENED);
}

static struct stack *named_stack(const char *function)
{
	struct stack *stack = stack_at(0x3401e, STACK_SNAPSHOT);

	stack->frames[0].function = strdup(function);
	stack->site = site_id(stack);
	return stack;
}

/* Two functions make the call, and nothing tells which one made the short stack: neither. */
static void of_two_functions_it_is_neither(void **state)
{
	struct fixture *fixture = *state;
	struct event first = event_of_call(fixture, 1, stack_at(0xca11, STACK_CALL)), event;
	struct site *const *sites;

	apply(fixture, &first);
	event = event_of_call(fixture, 2, named_stack("first"));
	apply(fixture, &event);
	assert_int_equal(leaks__sites(fixture->leaks, &sites), 1);
	n_announced = 0;
	event = event_of_call(fixture, 3, named_stack("second"));
	apply(fixture, &event);
	assert_int_equal(announced[0].change, LEAKS_MOVED);
	assert_int_equal(announced[0].inode, 1);
	assert_int_equal(leaks__sites(fixture->leaks, &sites), 3);
	for (int i = 0; i < 3; i++)
		if (sites[i]->leaks->event.socket.inode == 1)
			assert_int_equal(sites[i]->id, site_at(0xca11));
	n_announced = 0;
	event = event_of_call(fixture, 4, named_stack("first")); /* it is not given back */
	apply(fixture, &event);
	assert_int_equal(n_announced, 1);
}

/* Its symbols came: it is the same code, and what went to it goes on with it. */
static void a_name_that_comes_later_is_no_second_function(void **state)
{
	struct fixture *fixture = *state;
	struct event first = event_of_call(fixture, 1, stack_at(0xca11, STACK_CALL)), event;
	struct stack *named = named_stack("first");
	__u64 site = named->site;
	struct site *const *sites;

	apply(fixture, &first);
	event = event_of_call(fixture, 2, stack_at(0x3401e, STACK_SNAPSHOT));
	apply(fixture, &event);
	event = event_of_call(fixture, 3, named);
	apply(fixture, &event);
	assert_int_equal(leaks__sites(fixture->leaks, &sites), 2);
	assert_int_equal(sites[0]->id, site);
	assert_int_equal(sites[0]->open, 2);
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

static void who_holds_a_stray_is_reported_once(void **state)
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

/* Sockets of a pool of before the watch are renewed; where the code is is known only then. */
static void strays_that_renew_older_sockets_have_not_grown(void **state)
{
	struct fixture *fixture = *state;
	__u64 began_ns = fixture->now_ns;
	struct event event, old;

	leaks__begin(fixture->leaks, began_ns);
	for (__u64 inode = 1; inode <= 6; inode++) {
		old = event_of(fixture, 100 + inode, 42);
		old.socket.flags = PENDING_ORIGIN_UNKNOWN;
		old.socket.since_ns = began_ns;
		end(fixture, old, END_CLOSED);
		fixture->now_ns += 5 * SECOND; /* made now, counted when it is 5 s old */
		event = event_of_call(fixture, inode,
				      stack_at(inode == 6 ? 0x3401e : 0xca11,
					       inode == 6 ? STACK_SNAPSHOT : STACK_CALL));
		apply(fixture, &event);
		tick(fixture);
		assert_false(first_site(fixture)->leaking);
	}
	assert_int_equal(first_site(fixture)->open, 6);
	assert_int_equal(first_site(fixture)->id, site_at(0x3401e));
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

/* Of python3, native frames alone; or a whole one with this function of a script. */
static struct stack *stack_of_python(const char *function, enum stack_source source)
{
	struct stack *stack = stack_new(function ? 2 : 1);

	if (function) {
		stack->frames[0].script = SCRIPT_PYTHON;
		stack->frames[0].module = strdup("[python]");
		stack->frames[0].file = strdup("/srv/mailer.py");
		stack->frames[0].function = strdup(function);
	}
	stack->frames[stack->count - 1].module = strdup("/usr/bin/python3.11");
	stack->frames[stack->count - 1].function = strdup("_PyEval_EvalFrameDefault");
	stack->frames[stack->count - 1].kind = FRAME_OF_INTERPRETER;
	stack->source = source;
	stack->site = site_id(stack);
	return stack;
}

static __u64 site_of_python(const char *function)
{
	struct stack *stack = stack_of_python(function, STACK_SNAPSHOT);
	__u64 site = stack->site;

	stack_unref(stack);
	return site;
}

static struct event event_of_python(struct fixture *fixture, __u64 inode, __u32 tgid,
				    const char *function, enum stack_source source)
{
	struct event event = event_of_call(fixture, inode, stack_of_python(function, source));

	event.tgid = event.socket.tgid = tgid;
	return event;
}

static __u64 open_at(struct fixture *fixture, __u64 site)
{
	struct site *const *sites;
	size_t count = leaks__sites(fixture->leaks, &sites);
	__u64 open = 0;

	for (size_t i = 0; i < count; i++)
		open += sites[i]->id == site ? sites[i]->open : 0;
	return open;
}

/* Two scripts of one interpreter make the same call. */
static void a_script_gathers_none_of_another_process(void **state)
{
	struct fixture *fixture = *state;
	struct event event;

	event = event_of_python(fixture, 1, 42, NULL, STACK_CALL);
	apply(fixture, &event);
	event = event_of_python(fixture, 2, 43, NULL, STACK_CALL);
	apply(fixture, &event);
	event = event_of_python(fixture, 3, 43, "Mailer.send", STACK_SNAPSHOT);
	apply(fixture, &event);
	assert_int_equal(open_at(fixture, site_of_python(NULL)), 1);
	assert_int_equal(open_at(fixture, site_of_python("Mailer.send")), 2);
}

/* The interpreter was looked at after its first sockets. */
static void the_first_of_an_interpreter_go_to_its_script(void **state)
{
	struct fixture *fixture = *state;
	struct event event;

	for (__u64 inode = 1; inode <= 4; inode++) {
		event = event_of_python(fixture, inode, 42, NULL,
					inode % 2 ? STACK_SNAPSHOT : STACK_CALL);
		apply(fixture, &event);
	}
	event = event_of_python(fixture, 5, 43, NULL, STACK_SNAPSHOT);
	apply(fixture, &event);
	event = event_of_python(fixture, 6, 42, "Mailer.send", STACK_SNAPSHOT);
	apply(fixture, &event);
	assert_int_equal(open_at(fixture, site_of_python("Mailer.send")), 5);
	assert_int_equal(open_at(fixture, site_of_python(NULL)), 1);
}

/* Any of the two may have made them. */
static void with_a_second_function_they_are_of_neither(void **state)
{
	struct fixture *fixture = *state;
	struct event event;

	event = event_of_python(fixture, 1, 42, NULL, STACK_SNAPSHOT);
	apply(fixture, &event);
	event = event_of_python(fixture, 2, 42, NULL, STACK_CALL);
	apply(fixture, &event);
	event = event_of_python(fixture, 3, 42, "Mailer.send", STACK_SNAPSHOT);
	apply(fixture, &event);
	event = event_of_python(fixture, 4, 42, NULL, STACK_CALL);
	fixture->stack->site = site_of_python("Mailer.send"); /* call_sites__adopt() */
	apply(fixture, &event);
	assert_int_equal(open_at(fixture, site_of_python("Mailer.send")), 4);
	event = event_of_python(fixture, 5, 42, "Pool.open", STACK_SNAPSHOT);
	apply(fixture, &event);
	assert_int_equal(open_at(fixture, site_of_python("Mailer.send")), 1);
	assert_int_equal(open_at(fixture, site_of_python("Pool.open")), 1);
	assert_int_equal(open_at(fixture, site_of_python(NULL)), 3);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(a_whole_stack_gathers_the_strays_of_its_call),
		TEST(a_stray_that_is_held_back_grows_with_the_others),
		TEST(a_stray_that_is_held_back_stays_so),
		TEST(a_site_that_its_strays_leave_has_not_grown_by_them),
		TEST(a_stray_does_not_bring_the_growth_of_others),
		TEST(a_short_stack_with_a_whole_ones_site_stays_there),
		TEST(of_two_functions_it_is_neither),
		TEST(a_name_that_comes_later_is_no_second_function),
		TEST(strays_that_renew_older_sockets_have_not_grown),
		TEST(a_stray_of_a_program_by_another_name_leaves),
		TEST(who_holds_a_stray_is_reported_once),
		TEST(a_whole_stack_without_a_site_gathers_none),
		TEST(a_script_gathers_none_of_another_process),
		TEST(the_first_of_an_interpreter_go_to_its_script),
		TEST(with_a_second_function_they_are_of_neither),
	};

	return cmocka_run_group_tests_name("partial_stacks", tests, NULL, NULL);
}
