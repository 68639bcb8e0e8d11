/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * losses: what user space should have told and did not, by name, like the
 * kernel's counters (SOCKLEAK_COUNTERS). Pure.
 */
#ifndef SOCKLEAK_LOSSES_H
#define SOCKLEAK_LOSSES_H

#include <linux/types.h>

#include "report/report.h"

struct loss {
	const char *name; /* in reports */
	__u64 count;
	const char *remedy; /* or what it means, for a person */
};

#define LOSSES 14

/* All of them, also those that are 0, always in the same order. */
void losses_of(const struct summary *summary, struct loss ret_losses[LOSSES]);

#endif /* SOCKLEAK_LOSSES_H */
