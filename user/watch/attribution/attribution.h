/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * attribution: whose socket it is, and whose code created it. All that there is to know about an
 * event is found out here, once, and passed on in one struct: its owner (owners.h), the process in
 * whose code the stack is looked up, the named stack, and the package of the stack's culprit.
 *
 * The same step is done at two times: early, when a socket may become a leak, because its
 * process may have ended when it is one (attribution__look()); and late, when it is a leak
 * (attribution__find()). Knows nothing of the accounts of leaks but the stacks in them.
 */
#ifndef SOCKLEAK_ATTRIBUTION_H
#define SOCKLEAK_ATTRIBUTION_H

#include <sys/types.h>

#include "host/files/access.h"
#include "host/files/opener.h"
#include "host/health.h"
#include "host/workloads/owner.h"
#include "kernel/maps/stack_evidence.h"
#include "leaks/leaks.h"
#include "lib/text.h"
#include "packages/package.h"
#include "report/report.h"
#include "scripts.h"
#include "sockleak.h"
#include "stacks/stack.h"

struct attribution;

/*
 * `fetches`: debug files are fetched from servers. -ENOMEM; -ENOENT with one line
 * in ret_error when they cannot be. Free with attribution__free(); NULL is allowed.
 */
int attribution__new(bool fetches, struct attribution **ret_attribution, struct text *ret_error);
void attribution__free(struct attribution *attribution);

/* resolver__know_past(). */
void attribution__know_past(struct attribution *attribution, access_past_fn past, void *ctx);

/* A sweep begins: the limit on examined processes starts anew, and owners are looked up again. */
void attribution__begin_sweep(struct attribution *attribution);

/* One event, and what was found out about it. Each field is filled in by one function. */
struct attributed {
	const struct event *event; /* by the caller, who keeps it */
	struct owner *owner;	   /* attribution__own(): of the process that holds the socket */
	struct stack *stack;	   /* attribution__find(); NULL = none is known */
	bool was_reported;	   /* the tracer's history has this stack */
	struct tried tried;	   /* attribution__find_try() */
};
void attributed_free(struct attributed *attributed);
#define _cleanup_attributed_ __attribute__((cleanup(attributed_free)))

/*
 * Early: a socket may become a leak (EVENT_SUSPECT). Finds its owner and reads the mappings
 * of its process, because that may have ended when the socket is a leak. For the same reason a
 * stack with functions of scripts is named now, and kept for attribution__find().
 */
void attribution__look(struct attribution *attribution, struct stack_evidence evidence,
		       const struct event *event);

/* Late, the first half: who holds the socket of attributed->event now. 0 or -ENOMEM. */
int attribution__own(struct attribution *attribution, struct attributed *attributed);

/*
 * Late, all of it: also the stack, from what `evidence` has of it. 0 or -ENOMEM. -EINPROGRESS: the
 * resolver is at work on it; nothing was found and nothing taken from the evidence, and the caller
 * does it again when attribution__is_busy() is over.
 */
int attribution__find(struct attribution *attribution, const struct stack_evidence *evidence,
		      struct attributed *attributed);

/*
 * When the class has changed: where the last call on the socket failed, if the kernel's side has
 * kept that. 0 or -EINPROGRESS.
 */
int attribution__find_try(struct attribution *attribution, struct stack_evidence evidence,
			  struct attributed *attributed);

/*
 * Debug information may have been installed, or fetched, since a site's stacks were made. By their
 * new names they may be of another site, and are moved there.
 */
void attribution__rename(struct attribution *attribution, struct leaks *leaks, struct site *site);

/*
 * For the stacks of these sites, what to install for the lines that they lack. The
 * module's own, valid until the next call; NULL when out of memory.
 */
const struct hints *attribution__hints(struct attribution *attribution, struct site *const *sites,
				       long count);

/*
 * How the script frames of the program that a process runs are found, as resolver__recipe()
 * (resolver.h) says it. -EACCES: where its code starts is not shown (CAP_SYS_PTRACE).
 */
int attribution__recipe(struct attribution *attribution, pid_t tgid,
			struct script_recipe *ret_recipe);

/*
 * From now on no answer is waited for longer than a fraction of a second (resolver__hurry()), if
 * `hurries`; otherwise until it is late. For an agent.
 */
void attribution__hurry(struct attribution *attribution, bool hurries);
/* resolver__is_busy(), resolver__answers_fd() and resolver__be_patient(). */
bool attribution__is_busy(struct attribution *attribution);
int attribution__answers_fd(const struct attribution *attribution);
void attribution__be_patient(struct attribution *attribution, unsigned int attempts);

/* The child that touches files of other processes: the attribution's own. */
struct opener *attribution__opener(const struct attribution *attribution);

/* The pids of the process that names stacks and of the opener; 0 = it does not run. */
void attribution__children(const struct attribution *attribution,
			   pid_t ret_children[HEALTH_CHILDREN]);

/* The fate of stacks and debug files, for a report. */
void attribution__summarize(const struct attribution *attribution, struct summary *ret_summary);

#endif /* SOCKLEAK_ATTRIBUTION_H */
