/* SPDX-License-Identifier: BSD-2-Clause */
#include "report/metrics/limit_series.h"

#include <errno.h>
#include <stdlib.h>

#include "lib/text.h"
#include "report/metrics/series.h"

static struct limited_workload *find_limited_workload(struct limit_series *series,
						      const struct text *labels)
{
	struct limited_workload *workload;

	HASH_FIND(hh, series->workloads, labels->data, labels->len, workload);
	return workload;
}

/* The account of these labels, which are taken over, made when there is none. NULL: no memory. */
static struct limited_workload *get_limited_workload(struct limit_series *series,
						     struct text *labels)
{
	struct limited_workload *workload = find_limited_workload(series, labels);

	if (workload)
		return workload;
	workload = calloc(1, sizeof(*workload));
	if (!workload)
		return NULL;
	workload->labels = labels->data;
	HASH_ADD_KEYPTR(hh, series->workloads, workload->labels, labels->len, workload);
	if (!workload->hh.tbl) {
		free(workload);
		return NULL;
	}
	*labels = TEXT_INIT;
	return workload;
}

int limit_series_add(struct limit_series *series, const struct limited *limited, __u64 more,
		     unsigned int most)
{
	_cleanup_text_ struct text labels = TEXT_INIT;
	struct limited_workload *workload;

	if (!limited->owner)
		return -ENOMEM;
	series_add_workload(&labels, limited->owner, limited->refusal.comm);
	if (text_error(&labels))
		return -ENOMEM;
	if (HASH_COUNT(series->workloads) >= most && !find_limited_workload(series, &labels)) {
		text_clear(&labels);
		series_add_other(&labels);
	}
	workload = text_error(&labels) ? NULL : get_limited_workload(series, &labels);
	if (!workload)
		return -ENOMEM;
	workload->failures += more;
	if (limited->refusal.last_ns > workload->last_ns)
		workload->last_ns = limited->refusal.last_ns;
	return 0;
}

static void forget_limited_workload(struct limit_series *series, struct limited_workload *workload)
{
	HASH_DEL(series->workloads, workload);
	free(workload->labels);
	free(workload);
}

void limit_series_expire(struct limit_series *series, __u64 now_ns)
{
	struct limited_workload *workload, *next;

	HASH_ITER(hh, series->workloads, workload, next)
		if (workload->last_ns + REFUSAL_KEPT_NS < now_ns)
			forget_limited_workload(series, workload);
}

void limit_series_clear(struct limit_series *series)
{
	while (series->workloads)
		forget_limited_workload(series, series->workloads);
}
