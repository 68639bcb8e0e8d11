/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * doubt: whether the class of a leak can be known. That nothing was tried on a socket rests on
 * hooks that have not run; while the kernel leaves hooks out, it may be that they should have.
 * Pure.
 */
#ifndef SOCKLEAK_DOUBT_H
#define SOCKLEAK_DOUBT_H

#include <stdbool.h>

#include "sockleak.h"

/* Zeroed at the beginning of a run. Times in CLOCK_BOOTTIME nanoseconds. */
struct doubt {
	__u64 skipped;	/* how often they were left out so far */
	__u64 until_ns; /* when it was last found to be more; 0 = never */
};

/* How often the kernel has skipped hooks by now, of those that see tries on a socket. */
void doubt_note(struct doubt *doubt, __u64 skipped, __u64 now_ns);

/* Does nothing speak for the class, of a socket that was there when hooks were left out? */
bool doubt_has(const struct doubt *doubt, const struct event *event);

#endif /* SOCKLEAK_DOUBT_H */
