/* SPDX-License-Identifier: BSD-2-Clause */
#include "report/losses.h"

void losses_of(const struct summary *summary, struct loss ret_losses[LOSSES])
{
	const struct resolver_counts *resolver = &summary->resolver;
	unsigned int n = 0;

	ret_losses[n++] = (struct loss){ "hooks_skipped", summary->hooks_skipped,
					 "system calls whose hooks the kernel skipped: evidence or "
					 "origins may be missing" };
	ret_losses[n++] = (struct loss){ "leaks_not_accounted", summary->leaks_not_accounted,
					 "out of memory" };
	ret_losses[n++] = (struct loss){ "events_waiting", summary->events_waiting,
					 "not reported yet: raise --ring-size" };
	ret_losses[n++] = (struct loss){ "stacks_not_reported", summary->stacks_not_reported,
					 "stacks missing in 'sockleak scan': no kernel memory" };
	ret_losses[n++] = (struct loss){ "growth_not_kept", summary->growth_not_kept,
					 "growth lost for the next run: no kernel memory" };
	ret_losses[n++] = (struct loss){ "ended_not_kept", summary->leaks.ended_not_kept,
					 "sites that ended with their process, not listed: there "
					 "were too many later ones" };
	ret_losses[n++] = (struct loss){ "sweeps_failed", summary->sweeps_failed,
					 "fd tables not read completely" };
	ret_losses[n++] =
		(struct loss){ "cgroups_left_out", summary->cgroups_left_out,
			       "matches of --unit, --container or --pod not watched: too many" };
	ret_losses[n++] = (struct loss){ "aims_failed", summary->aims_failed,
					 "cgroups not watched for a while" };
	ret_losses[n++] = (struct loss){ "resolver_crashed", resolver->crashed,
					 "stacks without names: the resolver crashed on a file" };
	ret_losses[n++] = (struct loss){ "resolver_late", resolver->late,
					 "stacks without names: the resolver took too long" };
	ret_losses[n++] =
		(struct loss){ "stacks_plain", resolver->plain,
			       "symbolization disabled for this process after a failure" };
	ret_losses[n++] = (struct loss){ "stacks_refused", resolver->refused,
					 "stacks not kept: too many different ones" };
}
