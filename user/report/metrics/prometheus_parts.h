/* SPDX-License-Identifier: BSD-2-Clause */
/* prometheus_parts: what the parts of prometheus.h share. For those alone. */
#ifndef SOCKLEAK_PROMETHEUS_PARTS_H
#define SOCKLEAK_PROMETHEUS_PARTS_H

#include "report/metrics/prometheus.h"

/* Everything that is written from. */
struct metrics {
	struct text *out;
	const struct summary *summary;
	const struct health *health;
	const struct series *series;
};

/* A family of one sample without labels; the second in seconds. */
void metrics_put_gauge(const struct metrics *metrics, const char *name, const char *help,
		       __u64 value);
void metrics_put_ns(const struct metrics *metrics, const char *name, const char *help, __u64 ns);

/* A point in boot time as one of the epoch's; 0 when that was before it. */
__u64 metrics_wall_ns(const struct metrics *metrics, __u64 boot_ns);

/* The families of processes whose descriptors climb. */
void metrics_put_climbs(const struct metrics *metrics);

/* The families about the agent itself. */
void metrics_put_agent(const struct metrics *metrics);

#endif /* SOCKLEAK_PROMETHEUS_PARTS_H */
