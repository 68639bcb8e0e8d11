/* SPDX-License-Identifier: BSD-2-Clause */
#include "report/losses.h"

void losses_of(const struct summary *summary, struct loss ret_losses[LOSSES])
{
	const struct resolver_counts *resolver = &summary->resolver;
	unsigned int n = 0;

	ret_losses[n++] = (struct loss){ "hooks_skipped", summary->hooks_skipped,
					 "system calls the kernel did not show: evidence, or an "
					 "origin, may be missing" };
	ret_losses[n++] = (struct loss){ "leaks_not_accounted", summary->leaks_not_accounted,
					 "out of memory" };
	ret_losses[n++] = (struct loss){ "events_waiting", summary->events_waiting,
					 "not told yet: raise --ring-size" };
	ret_losses[n++] = (struct loss){ "stacks_not_reported", summary->stacks_not_reported,
					 "to 'sockleak scan': no kernel memory" };
	ret_losses[n++] = (struct loss){ "growth_not_kept", summary->growth_not_kept,
					 "for the next run: no kernel memory" };
	ret_losses[n++] = (struct loss){ "ended_not_kept", summary->leaks.ended_not_kept,
					 "leaks that ended with their process, and are not listed: "
					 "there were too many later ones" };
	ret_losses[n++] = (struct loss){ "sweeps_failed", summary->sweeps_failed,
					 "fd tables not read to their end" };
	ret_losses[n++] =
		(struct loss){ "cgroups_left_out", summary->cgroups_left_out,
			       "more match --unit, --container or --pod than are watched" };
	ret_losses[n++] = (struct loss){ "aims_failed", summary->aims_failed,
					 "cgroups not watched for a while" };
	ret_losses[n++] = (struct loss){ "resolver_not_started", resolver->not_started,
					 "stacks without names: raise the limit of processes, "
					 "memory or descriptors of sockleak" };
	ret_losses[n++] = (struct loss){ "resolver_crashed", resolver->crashed,
					 "over a file that it read for a stack" };
	ret_losses[n++] =
		(struct loss){ "resolver_late", resolver->late, "killed, being late with a stack" };
	ret_losses[n++] = (struct loss){ "stacks_plain", resolver->plain,
					 "no names: their process's files broke the resolver" };
	ret_losses[n++] = (struct loss){ "stacks_refused", resolver->refused,
					 "more different ones than there is memory for" };
}
