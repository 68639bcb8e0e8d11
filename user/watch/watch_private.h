/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The state behind watch.h, for its own files: watch.c has the order of a run, watch_events.c the
 * path of an event.
 */
#ifndef SOCKLEAK_WATCH_PRIVATE_H
#define SOCKLEAK_WATCH_PRIVATE_H

#include <stdbool.h>

#include "leaks/doubt.h"
#include "leaks/leaks.h"
#include "leaks/suppressions.h"
#include "watch/aim.h"
#include "watch/attribution/attribution.h"
#include "watch/climb_watch.h"
#include "watch/fd_limits.h"
#include "watch/late_ends.h"
#include "watch/postponed.h"
#include "watch/script_programs.h"
#include "watch/watch.h"

struct watch {
	const struct options *options;
	struct output *output;
	struct aim aim;
	struct tracer *tracer;
	struct leaks *leaks;
	struct attribution *attribution;
	struct fd_limits *limits;
	struct climb_watch *climbs;
	struct script_programs *scripts;
	struct suppressions *suppressions; /* NULL = nothing is */
	struct postponed *postponed;	   /* events that wait for the resolver */
	struct late_ends *late;		   /* of a run by growth; NULL = of all others */
	struct summary summary;
	struct doubt doubt;
	__u64 next_ns, end_ns; /* when the next sweep is due, and when the run ends */
	__u32 n_left;	       /* leaks that were accounted so far; counted for may_keep_left() */
	bool has_moved;	       /* leaks have come to other sites since the last sweep */
	bool asked;	       /* a report was asked for, and there is no output */
};

/*
 * Take the events that wait for the resolver, as long as it is not at work on a question that
 * nobody waits for, and for half a second at most: the next sweep takes the rest.
 */
void take_postponed(struct watch *watch);

#endif /* SOCKLEAK_WATCH_PRIVATE_H */
