/* SPDX-License-Identifier: BSD-2-Clause */
/* resolver_counts: what went wrong while stacks were made, for the reports. Plain data. */
#ifndef SOCKLEAK_RESOLVER_COUNTS_H
#define SOCKLEAK_RESOLVER_COUNTS_H

#include <linux/types.h>

/* How the process that makes stacks (resolver.h) has failed. */
struct resolver_counts {
	__u64 not_started;     /* questions that were not asked, for it could not be started */
	__u64 crashed;	       /* it died over a question */
	__u64 late;	       /* it was killed, being late */
	__u64 plain;	       /* stacks without names, for their process was in quarantine */
	__u64 refused;	       /* stacks that there was no room for */
	__u64 unnamed_scripts; /* frames of scripts without a name */
	__u64 stuck;	       /* now: children that were given up and have not ended */
};

/* How debug files were had from servers (fetcher.h). */
struct fetcher_counts {
	__u64 fetched;
	__u64 failed;  /* no server has it, or not in time */
	__u64 waiting; /* to be fetched, the one under way included */
};

#endif /* SOCKLEAK_RESOLVER_COUNTS_H */
