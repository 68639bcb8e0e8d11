/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * aim: whom a run watches, as far as that changes while it runs: cgroups that come and go, and
 * whether a process of --pid is left. The other filters are constants of the kernel side.
 */
#ifndef SOCKLEAK_AIM_H
#define SOCKLEAK_AIM_H

#include <stdbool.h>

#include "host/workloads/scope.h"
#include "kernel/tracer.h"
#include "options/options.h"
#include "report/report.h"

struct aim {
	const struct options *options;
	struct scope *scope; /* of the options; neither is owned */
	bool is_waiting;     /* for a cgroup that is to be watched; the log says so once */
	bool has_waited;     /* it was ever waited for one */
};

/*
 * Tell the kernel side which cgroups are wanted or excluded now, and the summary what could not
 * be. Logs when nothing matches, and once that the kernel has refused. Nothing to do without an
 * option for cgroups.
 */
void aim_take(struct aim *aim, struct tracer *tracer, struct summary *summary);

/*
 * The watch is over, and there was nothing to be watched: log the names of the options that nothing
 * has, or that no process matched. `is_shown`: the report on the same screen says the latter.
 */
void aim_log_nothing(const struct aim *aim, bool is_shown);

/* Has the last process of --pid ended? Then it logs that, and nothing is left to watch. */
bool aim_is_over(const struct aim *aim);

#endif /* SOCKLEAK_AIM_H */
