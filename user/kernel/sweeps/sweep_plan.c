/* SPDX-License-Identifier: BSD-2-Clause */
#include "kernel/sweeps/sweep_plan.h"

/*
 * The cost of looking at one process, without its descriptors: an iterator is made, read and
 * closed, with a wait for the kernel's readers. See docs/design.md.
 */
#define LOOK_NS 30000

bool sweep_plan_is_full(const struct sweep_plan *plan, __u64 now_ns)
{
	if (!plan->last_ns || plan->is_wanted || plan->full_sweep_interval_ns <= plan->interval_ns)
		return true;
	return now_ns + plan->interval_ns / 2 >= plan->last_ns + plan->full_sweep_interval_ns;
}

void sweep_plan_was_full(struct sweep_plan *plan, __u64 began_ns, __u64 took_ns, bool is_open)
{
	plan->last_ns = began_ns;
	plan->full_ns = took_ns;
	plan->is_wanted = is_open;
}

bool sweep_plan_may_look(const struct sweep_plan *plan, __u64 processes)
{
	return processes <= 1 || processes * LOOK_NS < plan->full_ns;
}
