/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * losses: what should have been seen, kept or reported and was not, by name: those of the kernel's
 * counters (SOCKLEAK_COUNTERS) that are losses, and what is lost in user space. One table, which
 * the text, JSON and Prometheus read, and which docs/json.md is held to by a unit test. Pure.
 */
#ifndef SOCKLEAK_LOSSES_H
#define SOCKLEAK_LOSSES_H

#include <linux/types.h>
#include <stddef.h>

#include "report/report.h"

/* Which family of metrics has it. */
enum loss_kind {
	LOSS_DROPPED, /* something was not seen, kept or reported */
	LOSS_LATE,    /* the same family, but it comes with the next sweep */
	LOSS_STACK,   /* a stack was not taken, or by frame pointers alone */
	LOSS_SYMBOLS, /* a stack has no names */
	LOSS_APART,   /* a family of its own, as for what goes down again */
};

struct loss {
	const char *name;   /* in all reports */
	const char *what;   /* was lost, for a person */
	const char *remedy; /* NULL = none that fits in a few words */
	enum loss_kind kind;
	size_t offset; /* of its count in struct summary, for loss_count() */
};

/* The first loss (NULL), or the one behind another; NULL: that was the last. */
const struct loss *loss_next(const struct loss *loss);

__u64 loss_count(const struct loss *loss, const struct summary *summary);

#endif /* SOCKLEAK_LOSSES_H */
