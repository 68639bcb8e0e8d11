/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * patience: how long children may work, and be still, before they are given up. The files of
 * whoever they are given up over are left alone for a while, so a machine that is paused or
 * starved must not make them look stuck. Therefore not all time counts:
 *
 *	A look that comes late counts as PATIENCE_LOOK_NS. This process itself did not run before
 *	it (a paused machine, SIGSTOP, a processor with other work), and perhaps nobody did.
 *
 *	Time in which a child waited for a processor does not count, by the kernel's own account.
 *	Whoever burns processor time could therefore hold a child for long; so a tenth of all time
 *	that was looked at counts in any case.
 *
 * Pure: times and what is seen of the children come in with the caller.
 */
#ifndef SOCKLEAK_PATIENCE_H
#define SOCKLEAK_PATIENCE_H

#include <linux/types.h>
#include <stdbool.h>
#include <sys/types.h>

#include "lib/time.h"

/* The children that work on one answer, which are given up together. */
#define PATIENCE_CHILDREN 2
/* Several times as long as lies between two looks while this process runs. */
#define PATIENCE_LOOK_NS (NSEC_PER_SEC / 4)
/* A machine on which a child gets a smaller part of a processor names nothing in time. */
#define PATIENCE_LEAST_PART 10

struct child_sight {
	bool is_runnable;
	__u64 switches;	 /* how often it began to wait, or was displaced */
	__u64 ran_ns;	 /* it has run so long */
	__u64 waited_ns; /* for a processor, before it last ran; both 0 = not known */
};

struct patience {
	pid_t children[PATIENCE_CHILDREN]; /* 0 = none */
	__u64 limit_ns;			   /* so long they may work */
	__u64 stuck_ns;			   /* so long none of them may move */
	__u64 at_stop_ns; /* by the clock, after this program was asked to stop; 0 = no limit */
	__u64 until_ns;	  /* CLOCK_MONOTONIC: the caller does not wait longer; 0 = any time */
	/* The rest is patience_*()'s own. */
	struct child_record {
		struct child_sight last;
		__u64 queued_ns; /* since then it was not seen to run, but could; 0 = it did */
		__u64 waited_ns; /* with what it waits now */
	} records[PATIENCE_CHILDREN];
	__u64 begun_ns, looked_ns;  /* the clock at the first and the last look */
	__u64 counted_ns, still_ns; /* late looks cut */
	__s64 worked_ns;	    /* what is left of that without waiting */
	__u64 stop_ns;
	bool is_over;
};

/* Their work begins. */
void patience_begin(struct patience *patience, __u64 now_ns,
		    const struct child_sight sights[PATIENCE_CHILDREN]);
/* Look at them, twenty times a second or so. Was this program asked to stop? */
void patience_look(struct patience *patience, __u64 now_ns, bool stop_asked,
		   const struct child_sight sights[PATIENCE_CHILDREN]);
/* How much of their time they have used until the last look. */
__u64 patience_used(const struct patience *patience);

#endif /* SOCKLEAK_PATIENCE_H */
