/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * expendable: children that this process can do without. A child that touches what belongs to
 * others, a file or the memory of a process, may never come back from it: a file system that does
 * not answer keeps it in a call that not even SIGKILL ends. So nobody waits for its end here. It is
 * killed and left behind, and its end is noticed later, or never. Children that have not ended are
 * counted, also by the user whose files they were given: their number is limited, because each
 * holds memory.
 *
 * While a child works for us, its context switches distinguish it from one that is stuck: a child
 * that neither runs nor waits for a processor, and does not begin or end any wait, is stuck. How
 * long it may be so is counted in patience.h.
 */
#ifndef SOCKLEAK_EXPENDABLE_H
#define SOCKLEAK_EXPENDABLE_H

#include <linux/types.h>
#include <stdbool.h>
#include <sys/types.h>

#include "host/patience.h"
#include "lib/channel.h"

/* Enough for a few dead file systems, and few enough for the memory that each may hold. */
#define EXPENDABLES_LEFT 12
/* Children that may be stuck over one user's files: then no more are given to them. */
#define EXPENDABLES_USER 4

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

/*
 * As channel_receive(), from children that work. -ETIMEDOUT: there is no more patience with them
 * (patience.h). -EINPROGRESS: until_ns has come, and they may still answer; to be called again
 * with the same `patience`, and another until_ns.
 */
int expendable_receive(int end, struct message *message, struct patience *patience);
/* As channel_send(), to one that may be too busy to read. -ETIMEDOUT likewise. */
int expendable_send(int end, const void *data, size_t len, int fd, struct patience *patience);
/* Is there no more patience with them? To be asked for each message that is not the answer. */
bool expendable_is_late(struct patience *patience);
/* How much of their time they have used. */
__u64 expendable_used(struct patience *patience);

#endif /* SOCKLEAK_EXPENDABLE_H */
