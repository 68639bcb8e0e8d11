/* SPDX-License-Identifier: BSD-2-Clause */
/* debug_log: the lines of --debug: what each sweep did, and how each new leak's stack was taken. */
#ifndef SOCKLEAK_DEBUG_LOG_H
#define SOCKLEAK_DEBUG_LOG_H

#include "report/report.h"
#include "watch/attribution/attribution.h"

/* The counts at the begin of a sweep. */
struct debug_mark {
	struct sweep_counts sweeps;
	__u64 files, events;
};
struct debug_mark debug_mark(const struct summary *summary);

/* Log what the sweep has done since then; the summary is of its end. */
void debug_log_sweep(const struct summary *summary, const struct debug_mark *before);

void debug_log_stack(const struct attributed *attributed);

#endif /* SOCKLEAK_DEBUG_LOG_H */
