/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * climbs_fixture: processes whose descriptors climb; for the tests of climbs.h and its reports.
 * Include another fixture first.
 */
#ifndef CLIMBS_FIXTURE_H
#define CLIMBS_FIXTURE_H

#include "leaks/growth/climbs.h"

#define CLIMBERS 8

/* What the next count finds, by process; 0 = it is not there. */
static __u32 counts[CLIMBERS];
static struct climbs *climbs;
static __u64 climbs_now;

_unused_ static int begin_climbs(void **state)
{
	(void)state;
	memset(counts, 0, sizeof(counts));
	climbs = climbs__new(2);
	climbs_now = (1000 - 21) * SECOND; /* the tests count 21 times */
	return climbs ? 0 : -1;
}

_unused_ static int end_climbs(void **state)
{
	(void)state;
	climbs__free(climbs);
	return 0;
}

/* Process number n has the pid 4240 + n. */
static void count_once(void)
{
	climbs_now += SECOND;
	climbs__begin(climbs, climbs_now);
	for (__u32 n = 0; n < CLIMBERS; n++) {
		struct process_descriptors process = {
			.start_ns = n + 1, .tgid = 4240 + n, .count = counts[n], .comm = "app"
		};

		if (counts[n])
			assert_int_equal(climbs__count(climbs, &process), 0);
	}
	climbs__end(climbs);
}

/* All that are due have so many of these kinds. */
static void kinds_are(enum descriptor_kind kind, __u32 count, enum descriptor_kind other,
		      __u32 others)
{
	struct climber *due[CLIMBERS];
	unsigned int found = climbs__due(climbs, true, climbs_now, CLIMBERS, due);
	__u32 by_kind[DESCRIPTOR_KINDS] = { 0 };

	by_kind[kind] = count;
	by_kind[other] = others;
	for (unsigned int i = 0; i < found; i++)
		climber_note_kinds(due[i], by_kind, climbs_now, 1000);
}

/*
 * Process 2 climbs from 5 descriptors to 5 + `times`, one a second: all are of one kind, beside
 * five regular files. It is followed from the first one on.
 */
_unused_ static void climb_by(enum descriptor_kind kind, __u32 times)
{
	counts[2] = 5;
	count_once();
	for (__u32 i = 1; i <= times; i++) {
		counts[2] = 5 + i;
		count_once();
		kinds_are(kind, i, DESCRIPTOR_REGULAR, 5);
	}
}

/* So many of its sockets in use are known to come from there. Takes the reference. */
_unused_ static void makes(struct climber *climber, enum descriptor_kind kind, __u32 times,
			   struct stack *stack)
{
	climber->makers[climber->n_makers++] = (struct climb_maker){
		.call_site = climber->n_makers + 1, .stack = stack, .kind = kind, .made = times
	};
}

#endif /* CLIMBS_FIXTURE_H */
