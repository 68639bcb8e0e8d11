/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * watch: one run, in steps. Sweeps, takes the events, finds out whose they are and which
 * code is behind them, and keeps the accounts. watch__run() puts the steps together for
 * `trace`: it feeds an output until the duration is over, a signal comes, or the output
 * breaks. `agent` has a loop of its own.
 */
#ifndef SOCKLEAK_WATCH_H
#define SOCKLEAK_WATCH_H

#include "host/files/access.h"
#include "host/workloads/scope.h"
#include "kernel/tracer.h"
#include "options/options.h"
#include "watch/fd_limits.h"
#include "watch/output/output.h"

struct watch;

/*
 * None of the arguments is owned, and all must outlive the watch. output may be NULL, then
 * nothing is reported. 0, -ENOMEM, or -errno with one line in ret_error.
 */
int watch__new(const struct options *options, struct output *output, struct scope *scope,
	       struct watch **ret_watch, struct text *ret_error);
void watch__free(struct watch *watch);

/* For tracer__open(): ctx is the watch. */
void watch__event(const struct event *event, void *ctx);

/* Watch the cgroups that are in the scope now. Each sweep does this too. */
void watch__aim(struct watch *watch, struct tracer *tracer);

/* Run to the end. Returns 0, or -errno when the output broke (logged). */
int watch__run(struct watch *watch, struct tracer *tracer);

/* Its own, which ends with it. */
struct opener *watch__opener(const struct watch *watch);
/* resolver__know_past(). */
void watch__know_past(struct watch *watch, access_past_fn past, void *ctx);

/* ---- Its steps ---- */

/* The clock of the run starts. */
void watch__begin(struct watch *watch, struct tracer *tracer);
/* `last`: nothing may stay unreported. 0, or -errno (logged once): an fd table was not read. */
int watch__sweep(struct watch *watch, bool last);
/* Take the events that came since the last sweep: tracer__events_fd(). */
void watch__drain(struct watch *watch);
/*
 * Wait for the next sweep, one interval after the last one was due, or until a reload was
 * asked for, or a report if there is no output. False: the run is over.
 */
bool watch__wait(struct watch *watch);
/* For the worst `most` sites: better stacks if there are any, hints, and forecasts. */
void watch__look(struct watch *watch, __u32 most);
/* The last report, to the output, which is closed. 0, or -errno when it broke (logged). */
int watch__end(struct watch *watch);
/* Was a report asked for (SIGUSR1), or its profiles (SIGUSR2), while there is no output? True once
 * for each request. */
bool watch__asked(struct watch *watch);
/* Called for processes at their limit, instead of the output. */
void watch__on_limit(struct watch *watch, fd_limits_begin_fn on_begin, void *ctx);
/* The report is of a program that was started; NULL takes it back. */
void watch__set_run(struct watch *watch, const struct run_summary *run, __u64 map_records_lost);
struct leaks *watch__leaks(struct watch *watch);
const struct tracer *watch__tracer(const struct watch *watch);
/* attribution__children(). */
void watch__children(const struct watch *watch, pid_t ret_children[HEALTH_CHILDREN]);
/* As of the last sweep, or watch__look(). */
const struct summary *watch__summary(const struct watch *watch);
/*
 * After the end: did the options match nothing at any time? Then it logs what nothing has. A wrong
 * name must not look like good news to a script.
 */
bool watch__missed(const struct watch *watch);

/*
 * From now on these options and this scope are in force, as far as they can change during a
 * run (option_spec.reloads), and the suppressions are read anew. Nothing that is known gets
 * lost. On -errno, with one line in ret_error, nothing has changed.
 */
int watch__reload(struct watch *watch, const struct options *options, struct scope *scope,
		  struct text *ret_error);

#endif /* SOCKLEAK_WATCH_H */
