/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * agent: the engine without a terminal, for months. Its own loop around watch.h: after each
 * sweep it notifies the service manager, logs which sites have begun to leak, and from time
 * to time writes the textfile. SIGHUP makes it read the config and the suppressions again.
 * SIGTERM ends it. Then it removes the textfile, because a file that stays behind would
 * pass for current.
 */
#ifndef SOCKLEAK_AGENT_H
#define SOCKLEAK_AGENT_H

#include "host/workloads/scope.h"
#include "kernel/tracer.h"
#include "options/input.h"
#include "watch/watch.h"

struct agent;

/*
 * None of the arguments is owned, and all must outlive the agent. 0, -ENOMEM, or -errno
 * with one line in ret_error. Free with agent__free(); NULL is allowed there.
 */
int agent__new(const struct input *input, struct scope *scope, struct agent **ret_agent,
	       struct text *ret_error);
void agent__free(struct agent *agent);

/*
 * Only check that everything which the input names is right: `--check-config`. 0, or -errno
 * with one line in ret_error. `ret_notes`: see check_names.h.
 */
int agent_check(const struct input *input, struct text *ret_notes, struct text *ret_error);

/* Its engine, for tracer__open() and watch__aim(). */
struct watch *agent__watch(struct agent *agent);

/*
 * For tracer__on_progress(): ctx is the agent. While work makes progress, the service
 * manager gives a start more time, and does not take the agent for dead.
 */
void agent__progress(void *ctx);

/* Run until a signal ends it. */
void agent__run(struct agent *agent, struct tracer *tracer);

#endif /* SOCKLEAK_AGENT_H */
