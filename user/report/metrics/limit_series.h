/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * limit_series: calls of socket() that failed for want of a descriptor, by workload, as the
 * metrics count them: a number that goes on rising when the process that failed is gone.
 * Pure.
 *
 * The first workloads that fail have a count of their own, those beyond the limit one for all of
 * them: they never change places, or a counter would go back. A workload whose calls have not
 * failed for an hour has none any more.
 */
#ifndef SOCKLEAK_LIMIT_SERIES_H
#define SOCKLEAK_LIMIT_SERIES_H

#include <linux/types.h>
#include <uthash.h>

#include "leaks/refusals.h"

struct limited_workload {
	char *labels;	/* as exposition.h has them: those of series.h */
	__u64 failures; /* since it has a count of its own */
	__u64 last_ns;
	/* private: */
	UT_hash_handle hh;
};

/* A uthash table: go on by ->hh.next. Begins as NULL. */
struct limit_series {
	struct limited_workload *workloads;
};

/*
 * `more` calls of this process have failed; `most` workloads have a count of their own.
 * 0 or -ENOMEM: not counted.
 */
int limit_series_add(struct limit_series *series, const struct limited *limited, __u64 more,
		     unsigned int most);
void limit_series_expire(struct limit_series *series, __u64 now_ns);
void limit_series_clear(struct limit_series *series);

#endif /* SOCKLEAK_LIMIT_SERIES_H */
