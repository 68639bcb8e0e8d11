/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * leaks_fixture: accounts of one owner and one stack, a clock that the test sets forward, and
 * what was announced; for the tests of leaks.h.
 */
#ifndef LEAKS_FIXTURE_H
#define LEAKS_FIXTURE_H

#include <stdarg.h>
#include <setjmp.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "leaks/leaks.h"

#define _unused_ __attribute__((unused))

#define SECOND 1000000000ULL
#define ALL_CLASSES (~0U)

/* What was announced, in order. */
_unused_ static struct {
	enum leaks_change change;
	__u64 inode;
	enum end_reason reason;
	__u32 connect_tries;
} announced[256];
static size_t n_announced;

_unused_ static void on_change(const struct leak *leak, enum leaks_change change, void *ctx)
{
	(void)ctx;
	assert_true(n_announced < 256);
	announced[n_announced].change = change;
	announced[n_announced].inode = leak->event.socket.inode;
	announced[n_announced].connect_tries = leak->event.socket.evidence.connect_tries;
	announced[n_announced++].reason = leak->event.reason;
}

struct fixture {
	struct leaks *leaks;
	struct owner *owner;
	struct stack *stack;
	__u64 now_ns;
};

_unused_ static int setup(void **state)
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

_unused_ static int teardown(void **state)
{
	struct fixture *fixture = *state;

	leaks__free(fixture->leaks);
	owner_unref(fixture->owner);
	stack_unref(fixture->stack);
	free(fixture);
	return 0;
}

_unused_ static struct event event_of(const struct fixture *fixture, __u64 inode, __u32 tgid)
{
	struct event event = { .kind = EVENT_LEAK, .class = CLASS_PROBED, .tgid = tgid };

	event.socket.inode = inode;
	event.socket.since_ns = fixture->now_ns - 5 * SECOND;
	event.now_ns = fixture->now_ns;
	strcpy(event.comm, "ruby");
	return event;
}

_unused_ static void apply(struct fixture *fixture, const struct event *event)
{
	assert_int_equal(leaks__apply(fixture->leaks, event, fixture->owner, fixture->stack), 0);
}

_unused_ static void tick(struct fixture *fixture)
{
	fixture->now_ns += SECOND;
	leaks__tick(fixture->leaks, fixture->now_ns);
}

_unused_ static const struct site *first_site(struct fixture *fixture)
{
	struct site *const *sites;

	assert_true(leaks__sites(fixture->leaks, &sites) > 0);
	return sites[0];
}

_unused_ static void end(struct fixture *fixture, struct event event, enum end_reason reason)
{
	event.kind = EVENT_ENDED;
	event.reason = reason;
	apply(fixture, &event);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

#endif /* LEAKS_FIXTURE_H */
