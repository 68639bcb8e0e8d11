/* SPDX-License-Identifier: BSD-2-Clause */
/* debug_log: the lines of --debug: what each sweep did, and how each new leak's stack was taken. */
#ifndef SOCKLEAK_DEBUG_LOG_H
#define SOCKLEAK_DEBUG_LOG_H

#include "report/report.h"
#include "watch/attribution.h"

/* What had been counted when a sweep began. */
struct debug_mark {
	struct sweep_counts sweeps;
	__u64 files, events;
};
struct debug_mark debug_mark(const struct summary *summary);

/* Since then, once the summary is of the end of the sweep. */
void debug_log_sweep(const struct summary *summary, const struct debug_mark *before);

void debug_log_stack(const struct attributed *attributed);

#endif /* SOCKLEAK_DEBUG_LOG_H */
