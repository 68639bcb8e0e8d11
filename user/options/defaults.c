/* SPDX-License-Identifier: BSD-2-Clause */
#include "options/defaults.h"

#include "lib/time.h"
#include "options/options.h"

struct options options_defaults(enum command command)
{
	bool scan = command == COMMAND_SCAN, agent = command == COMMAND_AGENT;
	bool run = command == COMMAND_RUN; /* of things that may be short-lived */

	return (struct options){
		.command = command,
		.older_than_ns = (scan || run ? 0 :
				  agent	      ? 60 :
						5) *
				 NSEC_PER_SEC,
		.interval_ns = run ? 100 * NSEC_PER_MSEC : NSEC_PER_SEC,
		.full_sweep_interval_ns = 60 * NSEC_PER_SEC,
		.write_interval_ns = 15 * NSEC_PER_SEC,
		.pprof_interval_ns = 3600 * NSEC_PER_SEC,
		.pprof_keep = OPTIONS_PPROF_KEEP,
		.classes = OPTIONS_DEFAULT_CLASSES,
		.min_growth = MIN_STEPS,
		.min_open = 1,
		.top = scan ? 10000 : 10,
		.max_ways = OPTIONS_MAX_WAYS,
		.max_climbing = OPTIONS_MAX_CLIMBING,
		.max_workloads = SERIES_MAX_WORKLOADS,
		.max_sites = SERIES_MAX_SITES,
		.max_sockets = SOCKLEAK_MAX_SOCKETS,
		.max_stacks = SOCKLEAK_MAX_STACKS,
		.stack_size = SOCKLEAK_STACK_SIZE,
		.snapshots = SOCKLEAK_SNAPSHOTS,
		.try_stacks = SOCKLEAK_TRY_STACKS,
		.script_depth = SOCKLEAK_SCRIPT_DEPTH,
		.sample_after = run ? 0 : SOCKLEAK_SAMPLE_AFTER,
		.ring_size = SOCKLEAK_RING_SIZE,
		.hooks = HOOKS_AUTO,
	};
}
