/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * watch: one run. Sweeps at every interval, takes the verdicts in, finds out
 * whose they are and where in the code, and tells the output; until the duration
 * is over, a signal comes, or the output breaks.
 */
#ifndef SOCKLEAK_WATCH_H
#define SOCKLEAK_WATCH_H

#include "options.h"
#include "output.h"
#include "scope.h"
#include "tracer.h"

struct watch;

/* Nothing given is owned, and all must outlive the watch. 0 or -ENOMEM. */
int watch__new(const struct options *options, struct output *output, struct scope *scope,
	       struct watch **ret_watch, struct text *ret_error);
void watch__free(struct watch *watch);

/* For tracer__open(): ctx is the watch. */
void watch__verdict(const struct verdict *verdict, void *ctx);

/* Watch the cgroups that are in the scope now. Done by each sweep, too. */
void watch__aim(struct watch *watch, struct tracer *tracer);

/* Run. Returns 0, or -errno when the output broke (logged). */
int watch__run(struct watch *watch, struct tracer *tracer);

#endif /* SOCKLEAK_WATCH_H */
