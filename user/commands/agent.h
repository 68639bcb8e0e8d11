/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * agent: the engine without a terminal, for months. Its own loop around watch.h: after
 * each sweep it tells the service manager that it is well, and the log which places in
 * the code have begun to leak; from time to time it writes the textfile. SIGHUP has it
 * read the config and the suppressions anew. It ends by SIGTERM, with a last textfile
 * that is then removed: what stays behind would be taken for news.
 */
#ifndef SOCKLEAK_AGENT_H
#define SOCKLEAK_AGENT_H

#include "host/workloads/scope.h"
#include "kernel/tracer.h"
#include "options/input.h"
#include "watch/watch.h"

struct agent;

/*
 * Nothing given is owned, and all must outlive the agent. 0, -ENOMEM, or -errno with
 * one line in ret_error. Free with agent__free(); NULL is allowed there.
 */
int agent__new(const struct input *input, struct scope *scope, struct agent **ret_agent,
	       struct text *ret_error);
void agent__free(struct agent *agent);

/*
 * Only look whether all that the input names is right: `--check-config`. 0, or -errno
 * with one line in ret_error.
 */
int agent_check(const struct input *input, struct text *ret_error);

/* Its engine, for tracer__open() and watch__aim(). */
struct watch *agent__watch(struct agent *agent);

/*
 * For tracer__on_progress(): ctx is the agent. The service manager gives a start that gets on
 * more time, and takes an agent that gets on for alive.
 */
void agent__progress(void *ctx);

/* Run until a signal ends it. */
void agent__run(struct agent *agent, struct tracer *tracer);

#endif /* SOCKLEAK_AGENT_H */
