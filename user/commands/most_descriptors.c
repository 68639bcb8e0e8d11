/* SPDX-License-Identifier: BSD-2-Clause */
#include "commands/most_descriptors.h"

#include <string.h>

/* Keep the greatest, sorted. */
static int on_holder(const struct process_descriptors *process, void *ctx)
{
	struct summary *summary = ctx;
	unsigned int at = summary->n_most;

	while (at > 0 && process->count > summary->most[at - 1].process.count)
		at--;
	if (at == SUMMARY_MOST)
		return 0;
	summary->n_most += summary->n_most < SUMMARY_MOST;
	memmove(&summary->most[at + 1], &summary->most[at],
		(summary->n_most - at - 1) * sizeof(summary->most[0]));
	summary->most[at].process = *process;
	return 0;
}

int most_descriptors_find(struct descriptor_counter *counter, struct summary *summary)
{
	__u32 by_kind[SUMMARY_MOST][DESCRIPTOR_KINDS], tgids[SUMMARY_MOST];
	int err = descriptor_counter__count(counter, on_holder, summary);

	for (unsigned int i = 0; i < summary->n_most; i++)
		tgids[i] = summary->most[i].process.tgid;
	if (!err)
		err = descriptor_counter__kinds(counter, tgids, summary->n_most, by_kind);
	if (err) {
		summary->n_most = 0;
		return err;
	}
	for (unsigned int i = 0; i < summary->n_most; i++)
		memcpy(summary->most[i].by_kind, by_kind[i], sizeof(by_kind[i]));
	return 0;
}
