/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * origins: where sockets are made: the stack of the call of socket(), named, and
 * the package that its culprit is of, and what to install for more of it. Decides whose code a
 * stack is looked up in, which of the stacks that there are is the best, and when names are to be
 * made anew. Knows nothing of leaks' accounts but the stacks in them.
 */
#ifndef SOCKLEAK_ORIGINS_H
#define SOCKLEAK_ORIGINS_H

#include <sys/types.h>

#include "kernel/tracer.h"
#include "leaks/leaks.h"
#include "lib/text.h"
#include "packages/package.h"
#include "report/report.h"
#include "sockleak.h"
#include "stacks/stack.h"

struct origins;

/*
 * `fetches`: debug files are fetched from servers. -ENOMEM; -ENOENT with one line
 * in ret_error when they cannot be. Free with origins__free(); NULL is allowed.
 */
int origins__new(bool fetches, struct origins **ret_origins, struct text *ret_error);
void origins__free(struct origins *origins);

/* A sweep begins: how many processes one may look at is limited. */
void origins__begin_sweep(struct origins *origins);

/*
 * A socket may become a leak (VERDICT_SUSPECT): see what its process has mapped,
 * for that process may have ended when it is one.
 */
void origins__look(struct origins *origins, const struct pending *socket);

/*
 * The stack that the socket of a verdict was made on, one reference; NULL = none is known.
 * *ret_told: it stands in the tracer's history already.
 */
struct stack *origins__stack(struct origins *origins, struct tracer *tracer,
			     const struct verdict *verdict, bool *ret_told);

/* What the kernel's side has kept of a socket's stack, until it is named. */
struct raw_stack {
	const struct snapshot *snapshot; /* NULL = there is none */
	unsigned int count;		 /* of the next; 0 = none */
	__u64 pcs[SOCKLEAK_STACK_DEPTH]; /* by frame pointers, the innermost first */
};

/* The same from that alone: of another sockleak that runs (past_pcs(), past_snapshot()). */
struct stack *origins__stack_of(struct origins *origins, const struct raw_stack *raw,
				const struct verdict *verdict);

/* The same from a stack that was told (history.h). */
struct stack *origins__name(struct origins *origins, const struct verdict *verdict,
			    const struct told_stack *told);

/* Debug information may have been installed, or fetched, since a site's stack was made. */
void origins__rename(struct origins *origins, struct site *site);

/*
 * For the stacks of these sites, what to install for the lines that they lack. The
 * module's own, valid until the next call; NULL when out of memory.
 */
const struct hints *origins__hints(struct origins *origins, struct site *const *sites, long count);

/* The pid of the process that names stacks; 0 = none runs. */
pid_t origins__resolver(const struct origins *origins);

/* How stacks and debug files have come, or not, for a report. */
void origins__summarize(const struct origins *origins, struct summary *ret_summary);

#endif /* SOCKLEAK_ORIGINS_H */
