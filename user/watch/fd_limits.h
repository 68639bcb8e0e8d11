/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * fd_limits: which processes are at their limit of descriptors. After a sweep in which a
 * call of socket() failed, it reads what the kernel's side has noted, finds the owners of
 * the processes, the code that calls, and how many descriptors they have. Then it has the
 * kernel's side forget the processes that have ended.
 */
#ifndef SOCKLEAK_FD_LIMITS_H
#define SOCKLEAK_FD_LIMITS_H

#include "kernel/tracer.h"
#include "leaks/refusals.h"
#include "report/metrics/limit_series.h"
#include "report/report.h"
#include "watch/attribution/attribution.h"

struct fd_limits;

/* Called for each process that begins to fail; it must not keep the pointer. */
typedef void (*fd_limits_begin_fn)(const struct limited *limited, void *ctx);

/*
 * The arguments must outlive the limits. `interval_ns` is the time between two sweeps.
 * NULL: no memory. Free with fd_limits__free(); NULL is allowed there.
 */
struct fd_limits *fd_limits__new(struct attribution *attribution, __u64 interval_ns);
void fd_limits__free(struct fd_limits *limits);
/* NULL = nobody is reported. */
void fd_limits__on_begin(struct fd_limits *limits, fd_limits_begin_fn on_begin, void *ctx);

/*
 * Run after a sweep, once its counters are in *summary, which gets what reports say. `most`
 * workloads are counted by themselves. Returns how many could not be accounted because
 * there was no memory.
 */
unsigned int fd_limits__sweep(struct fd_limits *limits, struct tracer *tracer, unsigned int most,
			      struct summary *summary);

#endif /* SOCKLEAK_FD_LIMITS_H */
