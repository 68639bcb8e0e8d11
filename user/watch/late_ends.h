/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * late_ends: leaks that were closed in the last moment of their process. CPython closes its sockets
 * when it ends normally, as do the runtimes of other languages, and destructors: what a program had
 * kept until then was still leaked, to `run --leak-check growth`, for which this is.
 *
 * A leak that is closed is kept here for LATE_END_NS, if those of its code and process have grown.
 * If the process is gone by then, those that it closed last are put back into the accounts, as open
 * to the end: they are as many as were closed at once, within two sweeps.
 */
#ifndef SOCKLEAK_LATE_ENDS_H
#define SOCKLEAK_LATE_ENDS_H

#include "leaks/leaks.h"

/* What an interpreter takes to free its modules; a program that goes on for longer has closed them
 * itself. */
#define LATE_END_NS 1000000000ULL

struct late_ends;

/* At most `max` are kept; sweeps are `interval_ns` apart. NULL: no memory. Free with
 * late_ends__free(); NULL is allowed there. */
struct late_ends *late_ends__new(__u32 max, __u64 interval_ns);
void late_ends__free(struct late_ends *late);

/* The leak ends now. False: it grew in so many steps at least (growth.h) and cannot be kept. */
bool late_ends__note(struct late_ends *late, const struct leak *leak, unsigned int min_steps,
		     __u64 now_ns);
/*
 * Put back those whose process is gone, and forget those that were closed too long ago. Returns how
 * many could not be put back for lack of memory.
 */
unsigned int late_ends__sweep(struct late_ends *late, struct leaks *leaks, __u64 now_ns);

#endif /* SOCKLEAK_LATE_ENDS_H */
