/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * climb_watch: watches how many descriptors the processes have. Before a sweep it has the kernel's
 * side count them, as often as that costs no more than a hundredth of a processor; after it, it has
 * those of a few processes counted by kind, and finds out whose they are. The accounts are in
 * leaks/growth/climbs.h.
 */
#ifndef SOCKLEAK_CLIMB_WATCH_H
#define SOCKLEAK_CLIMB_WATCH_H

#include "kernel/tracer.h"
#include "leaks/growth/climbs.h"
#include "leaks/leaks.h"
#include "report/report.h"
#include "watch/attribution/attribution.h"

struct climb_watch;

/*
 * `attribution` must outlive it; at most `most` processes that climb are reported, 0 = nothing is
 * counted. NULL: no memory. Free with climb_watch__free(); NULL is allowed there.
 */
struct climb_watch *climb_watch__new(struct attribution *attribution, unsigned int most);
void climb_watch__free(struct climb_watch *watch);
/* --max-climbing may change. */
void climb_watch__limit(struct climb_watch *watch, unsigned int most);

/*
 * A sweep is done: count, if it is time, or if this is the `last` one. summary->now_ns is the
 * time; the summary gets what reports say.
 */
void climb_watch__sweep(struct climb_watch *watch, struct tracer *tracer, bool last,
			struct summary *summary);
/*
 * A socket of a process that is followed has come into use (EVENT_USED). 0; -EINPROGRESS: its code
 * is still being looked up, and the caller does it again (attribution__find()).
 */
int climb_watch__used(struct climb_watch *watch, struct tracer *tracer, const struct event *event);
/* A report is to be made: count those that climb by kind, if that was not done just now. */
void climb_watch__look(struct climb_watch *watch, struct tracer *tracer, const struct leaks *leaks,
		       struct summary *summary);

#endif /* SOCKLEAK_CLIMB_WATCH_H */
