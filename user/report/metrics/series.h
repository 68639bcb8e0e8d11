/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * series: which workloads and sites have series of their own in the metrics, and
 * what is counted in each. Takes the accounts of leaks.h in, gives label sets and
 * sums out. Pure.
 *
 * A *workload* is whose sockets they are, by the labels scope, unit, machine, pod_uid, container_id
 * and comm. Cgroups that become the same labels are one workload. Only sockets that are leaked
 * count here: those of a site that leaks, or of a process that has grown at it, which has not given
 * them back. An idle daemon's single socket is counted apart, in one number, so that a healthy host
 * has no series at all.
 *
 * The number of series is bounded: the largest keep their own, all others are
 * summed up in one whose scope, or site, is "other". It is not a name that any
 * workload or site can have.
 */
#ifndef SOCKLEAK_SERIES_H
#define SOCKLEAK_SERIES_H

#include "leaks/leaks.h"
#include "options/defaults.h"

struct summary;
struct text;

/* The site of sockets that have no stack to tell one by; workload and site of all others. */
#define SERIES_UNKNOWN "unknown"
#define SERIES_OTHER "other"

struct series_limits {
	unsigned int workloads; /* at least 1, as are */
	unsigned int sites;	/* pairs of a site and a unit (of a machine) */
};
#define SERIES_DEFAULTS ((struct series_limits){ SERIES_MAX_WORKLOADS, SERIES_MAX_SITES })

/* One workload, or all others. */
struct workload_series {
	char *labels; /* as exposition.h has them, without the class */
	unsigned int open;
	unsigned int by_class[CLASS_COUNT];
	__u64 oldest_ns; /* birth, or first sight, of its oldest leaked socket; 0 = not known */
	/* The process that is nearest to its limit; fds_limit may be FDS_UNLIMITED. */
	bool fds_known;
	__u64 fds_open, fds_limit;
	/* private: */
	UT_hash_handle hh;
};

/* The sockets of one site in one unit of one machine, or all others. */
struct site_series {
	char *labels;
	__u64 site; /* 0 = of sites that have no id */
	bool other; /* it stands for all that have no series of their own */
	unsigned int open;
	/* private: */
	UT_hash_handle hh;
};

/* A site that has a series; all sites without an id are one. */
struct site_info {
	__u64 site;
	struct stack *stack; /* one reference; NULL = none */
	struct owner *owner; /* the same, of a process that has it */
	/* private: */
	bool shown;
	UT_hash_handle hh;
};

struct series {
	struct workload_series *workloads; /* uthash tables: go on by ->hh.next, the most first */
	struct site_series *sites;
	struct site_info *infos; /* by site: each once */
	unsigned int idle;	 /* sockets that are shown, but not leaked */
	unsigned int folded;	 /* workloads, and pairs of site and unit, in "other" */
};
#define _cleanup_series_ __attribute__((cleanup(series_free)))

/* 0 with *ret_series, to be freed with series_free(); -ENOMEM. */
int series_collect(struct leaks *leaks, const struct series_limits *limits,
		   struct series *ret_series);
void series_free(struct series *series);

/* Add the labels of a workload, and those of all the others together, as exposition.h has them. */
void series_add_workload(struct text *labels, const struct owner *owner,
			 const char comm[SOCKLEAK_COMM_LEN]);
void series_add_other(struct text *labels);

#endif /* SOCKLEAK_SERIES_H */
