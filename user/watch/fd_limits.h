/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * fd_limits: which processes are at their limit of descriptors. Once a sweep in which some
 * call of socket() failed it reads what the kernel's side has noted, finds out whose the
 * processes are, where in their code the calls come from, and how many descriptors they
 * have; and has the kernel's side forget who has ended.
 */
#ifndef SOCKLEAK_FD_LIMITS_H
#define SOCKLEAK_FD_LIMITS_H

#include "kernel/tracer.h"
#include "leaks/refusals.h"
#include "report/metrics/limit_series.h"
#include "report/report.h"
#include "watch/attribution.h"

struct fd_limits;

/* Called for each process that begins to fail; it must not keep the pointer. */
typedef void (*fd_limits_begin_fn)(const struct limited *limited, void *ctx);

/*
 * What is given must outlive the limits. `interval_ns`: between two sweeps. NULL: no
 * memory. Free with fd_limits__free(); NULL is allowed there.
 */
struct fd_limits *fd_limits__new(struct attribution *attribution, __u64 interval_ns);
void fd_limits__free(struct fd_limits *limits);
/* NULL = nobody is reported. */
void fd_limits__on_begin(struct fd_limits *limits, fd_limits_begin_fn on_begin, void *ctx);

/*
 * After a sweep, and after its counters were read into *summary, which gets what reports
 * say. `most`: workloads that are counted by themselves. Returns what could not be
 * accounted: out of memory.
 */
unsigned int fd_limits__sweep(struct fd_limits *limits, struct tracer *tracer, unsigned int most,
			      struct summary *summary);

#endif /* SOCKLEAK_FD_LIMITS_H */
