/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * watch: one run, in steps. Sweeps, takes the events in, finds out whose they are
 * and where in the code, and keeps the accounts. watch__run() puts the steps together
 * for `trace`, which tells an output until the duration is over, a signal comes, or
 * the output breaks; `agent` has a loop of its own.
 */
#ifndef SOCKLEAK_WATCH_H
#define SOCKLEAK_WATCH_H

#include "host/workloads/scope.h"
#include "kernel/tracer.h"
#include "options/options.h"
#include "watch/fd_limits.h"
#include "watch/output.h"

struct watch;

/*
 * Nothing given is owned, and all must outlive the watch; output may be NULL: nothing
 * is told then. 0, -ENOMEM, or -errno with one line in ret_error.
 */
int watch__new(const struct options *options, struct output *output, struct scope *scope,
	       struct watch **ret_watch, struct text *ret_error);
void watch__free(struct watch *watch);

/* For tracer__open(): ctx is the watch. */
void watch__event(const struct event *event, void *ctx);

/* Aim at the cgroups that are in the scope now. Done by each sweep, too. */
void watch__aim(struct watch *watch, struct tracer *tracer);

/* Run to the end. Returns 0, or -errno when the output broke (logged). */
int watch__run(struct watch *watch, struct tracer *tracer);

/* ---- Its steps ---- */

/* The clock of the run starts. */
void watch__begin(struct watch *watch, struct tracer *tracer);
/* `last`: nothing may be left untold. 0, or -errno (logged once): an fd table was not read. */
int watch__sweep(struct watch *watch, bool last);
/*
 * Wait for the next sweep, which is an interval after the last one was due, or until a
 * reload was asked for, or a report without an output. False: the run is over.
 */
bool watch__wait(struct watch *watch);
/* For the worst `most` sites: better stacks where there are, hints, and forecasts. */
void watch__look(struct watch *watch, __u32 most);
/* Was a report asked for (SIGUSR1), with no output to give it? Once for each. */
bool watch__asked(struct watch *watch);
/* Called for processes at their limit, instead of the output. */
void watch__on_limit(struct watch *watch, fd_limits_begin_fn on_begin, void *ctx);
struct leaks *watch__leaks(struct watch *watch);
const struct tracer *watch__tracer(const struct watch *watch);
/* The pid of the process that names stacks; 0 = none runs. */
pid_t watch__resolver(const struct watch *watch);
/* As of the last sweep, or watch__look(). */
const struct summary *watch__summary(const struct watch *watch);

/*
 * From now on these options and this scope, as far as they can change while it runs
 * (option_spec.reloads), and the suppressions read anew; nothing that is known gets
 * lost. -errno with one line in ret_error: nothing has changed.
 */
int watch__reload(struct watch *watch, const struct options *options, struct scope *scope,
		  struct text *ret_error);

#endif /* SOCKLEAK_WATCH_H */
