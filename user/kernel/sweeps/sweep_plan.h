/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * sweep_plan: how much of the host a sweep looks at. A full sweep goes through every fd
 * table there is: it is what finds a socket that no hook saw, and who else holds one.
 * Any other sweep has a quick sweep at the pending sockets, and reads the fd tables of the
 * processes of which there is something to tell. Knows times and numbers; does nothing.
 */
#ifndef SOCKLEAK_SWEEP_PLAN_H
#define SOCKLEAK_SWEEP_PLAN_H

#include <stdbool.h>

#include <linux/types.h>

#include "control.h"

/* Times in CLOCK_BOOTTIME nanoseconds. Set the first two; the rest is 0 at first. */
struct sweep_plan {
	__u64 interval_ns;	      /* from one sweep to the next */
	__u64 full_sweep_interval_ns; /* and from one full sweep to the next; less = each is one */
	__u64 last_ns;		      /* when the last full sweep began; 0 = there was none */
	__u64 full_ns;		      /* how long it took */
	bool is_wanted;		      /* it left something open, which the next is to decide */
};

/* How the sweeps of a run were made. */
struct sweep_counts {
	__u64 full_sweeps;   /* that were read to their end */
	__u64 pieces;	     /* that left a full sweep to go on */
	__u64 cut;	     /* of the last full sweep, because a stop was asked for: 0 or 1 */
	__u64 looks;	     /* processes that were looked at alone */
	__u64 half_closed;   /* of the last full sweep: connections of these classes, where */
	__u64 was_connected; /* they were not asked for */
	__u64 escalations;   /* sweeps that ended as a full sweep: a socket was not in its table */
	struct fill fills[SHARE_KINDS]; /* of the tables that are shared, at the last sweep, */
	__u32 room[SHARE_KINDS];	/* and how much each holds; 0 = not known */
};

/*
 * Is this sweep to be a full sweep? The first one is, then one each full sweep interval, taken
 * to the nearest sweep, and one more after any that left something open.
 */
bool sweep_plan_is_full(const struct sweep_plan *plan, __u64 now_ns);

/* A full sweep that began then took so long, and left something open or did not. */
void sweep_plan_was_full(struct sweep_plan *plan, __u64 began_ns, __u64 took_ns, bool is_open);

/* Are so many processes looked at sooner one by one than in a full sweep? */
bool sweep_plan_may_look(const struct sweep_plan *plan, __u64 processes);

#endif /* SOCKLEAK_SWEEP_PLAN_H */
