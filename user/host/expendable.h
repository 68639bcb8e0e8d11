/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * expendable: children that this process can do without. A child that touches what belongs to
 * others, a file or the memory of a process, may never come back from it: a file system that does
 * not answer keeps it in a call that not even SIGKILL ends. So nobody waits for its end here. It is
 * killed and left behind, and its end is noticed later, or never. Children that have not ended are
 * counted, also by the user whose files they were given: their number is limited, because each
 * holds memory.
 *
 * While a child works for us, it is told from one that is stuck by its context switches: a child
 * that neither runs nor waits for a processor, and does not begin or end any wait, is stuck.
 */
#ifndef SOCKLEAK_EXPENDABLE_H
#define SOCKLEAK_EXPENDABLE_H

#include <linux/types.h>
#include <stdbool.h>
#include <sys/types.h>

#include "lib/channel.h"
#include "lib/time.h"

/* Enough for a few dead file systems, and few enough for the memory that each may hold. */
#define EXPENDABLES_LEFT 12
/* Children that may be stuck over one user's files: then no more are given to them. */
#define EXPENDABLES_USER 4
/* The children that work on one answer, which are given up together. */
#define PATIENCE_CHILDREN 2

struct expendables {
	struct left_child {
		pid_t pid;
		uid_t uid;
	} left[EXPENDABLES_LEFT + PATIENCE_CHILDREN]; /* those that worked at the limit also fit */
	unsigned int count;
};

/* Kill a child that was at work over files of a user. Never waits. */
void expendables_give_up(struct expendables *expendables, pid_t pid, uid_t uid);
/* How many of those have not ended. Takes notice of those that have. */
unsigned int expendables_count(struct expendables *expendables);
/* May one more child be started, or are too many stuck? */
bool expendables_may_start(struct expendables *expendables);
/* Are as many stuck over a user's files as may be? */
bool expendables_hold(struct expendables *expendables, uid_t uid);
/* The last ones: waits a tenth of a second for those that can end, so that they do not remain. */
void expendables_finish(struct expendables *expendables);

struct patience {
	pid_t children[PATIENCE_CHILDREN]; /* 0 = none */
	__u64 deadline_ns;		   /* CLOCK_MONOTONIC */
	__u64 stuck_ns;			   /* so long none of them may move */
	__u64 at_stop_ns; /* so long it may take when this program was asked to stop; 0 = no limit
			   */
	__u64 until_ns;	  /* the caller does not wait longer; 0 = until the deadline */
	/* expendable_receive()'s own */
	__u64 moves[PATIENCE_CHILDREN], moved_ns, stop_ns;
};

/*
 * As channel_receive(). -ETIMEDOUT also when the children are stuck, and within a fraction of a
 * second when this program was asked to stop. -EINPROGRESS: until_ns has come, and they may still
 * answer; to be called again with the same `patience`, and another until_ns.
 */
int expendable_receive(int end, struct message *message, struct patience *patience);

#endif /* SOCKLEAK_EXPENDABLE_H */
