/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * prometheus: the metrics of an agent, all of them, as one text for node_exporter's textfile
 * collector. docs/metrics.md, which is a contract like the JSON, says what each family means, and
 * why it is there. Pure.
 *
 * The families are the same at every moment, and so are the reasons, results and
 * events of a counter, from 0 on. Only what is said of workloads and sites comes and
 * goes with their leaks (series.h). No family comes twice, no label set twice in one:
 * node_exporter would lose samples over it without a word.
 */
#ifndef SOCKLEAK_PROMETHEUS_H
#define SOCKLEAK_PROMETHEUS_H

#include "host/health.h"
#include "report/metrics/series.h"
#include "report/report.h"

struct text;

/*
 * Add the text. `summary` is of now, its hooks not NULL; how full the processes' fd tables are
 * follows from the leaks' forecasts. 0 or -ENOMEM; `out` is of no use then.
 */
int prometheus_add(struct text *out, struct leaks *leaks, const struct summary *summary,
		   const struct health *health, const struct series_limits *limits);

#endif /* SOCKLEAK_PROMETHEUS_H */
