/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * attribution: where sockets are made: the stack of the call of socket(), named, and
 * the package that its culprit is of, and what to install for more of it. Decides whose code a
 * stack is looked up in, which of the stacks that there are is the best, and when names are to be
 * made anew. Knows nothing of leaks' accounts but the stacks in them.
 */
#ifndef SOCKLEAK_ATTRIBUTION_H
#define SOCKLEAK_ATTRIBUTION_H

#include <sys/types.h>

#include "kernel/tracer.h"
#include "leaks/leaks.h"
#include "lib/text.h"
#include "packages/package.h"
#include "report/report.h"
#include "sockleak.h"
#include "stacks/stack.h"

struct attribution;

/*
 * `fetches`: debug files are fetched from servers. -ENOMEM; -ENOENT with one line
 * in ret_error when they cannot be. Free with attribution__free(); NULL is allowed.
 */
int attribution__new(bool fetches, struct attribution **ret_attribution, struct text *ret_error);
void attribution__free(struct attribution *attribution);

/* A sweep begins: how many processes one may look at is limited. */
void attribution__begin_sweep(struct attribution *attribution);

/*
 * A socket may become a leak (EVENT_SUSPECT): see what its process has mapped,
 * for that process may have ended when it is one.
 */
void attribution__look(struct attribution *attribution, const struct pending *socket);

/*
 * The stack that the socket of an event was made on, one reference; NULL = none is known.
 * *ret_reported: it stands in the tracer's history already.
 */
struct stack *attribution__stack(struct attribution *attribution, struct tracer *tracer,
				 const struct event *event, bool *ret_reported);

/* What the kernel's side has kept of a socket's stack, until it is named. */
struct raw_stack {
	const struct snapshot *snapshot; /* NULL = there is none */
	unsigned int count;		 /* of the next; 0 = none */
	__u64 pcs[SOCKLEAK_STACK_DEPTH]; /* by frame pointers, the innermost first */
};

/* The same from that alone: of another sockleak that runs (past_pcs(), past_snapshot()). */
struct stack *attribution__stack_of(struct attribution *attribution, const struct raw_stack *raw,
				    const struct event *event);

/* The same from a stack that was told (history.h). */
struct stack *attribution__name(struct attribution *attribution, const struct event *event,
				const struct reported_stack *reported);

/* Debug information may have been installed, or fetched, since a site's stack was made. */
void attribution__rename(struct attribution *attribution, struct site *site);

/*
 * For the stacks of these sites, what to install for the lines that they lack. The
 * module's own, valid until the next call; NULL when out of memory.
 */
const struct hints *attribution__hints(struct attribution *attribution, struct site *const *sites,
				       long count);

/* The pid of the process that names stacks; 0 = none runs. */
pid_t attribution__resolver(const struct attribution *attribution);

/* How stacks and debug files have come, or not, for a report. */
void attribution__summarize(const struct attribution *attribution, struct summary *ret_summary);

#endif /* SOCKLEAK_ATTRIBUTION_H */
