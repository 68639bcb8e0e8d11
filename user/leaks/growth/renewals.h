/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * renewals: sockets that a process makes in the place of those that it had before the watch
 * began. A pool that renews its sockets closes one whose code is not known and makes another,
 * whose code is: at that site the number of open sockets grows from none to all of the pool,
 * and in the process it does not grow at all. So each end of a socket of before the watch pays
 * for one birth that comes with it. Their number is finite, and a birth long after the last
 * end is not paid for: it cannot be held back by more than that.
 *
 * Pure; the caller passes every time in. A part of leaks.h.
 */
#ifndef SOCKLEAK_RENEWALS_H
#define SOCKLEAK_RENEWALS_H

#include <linux/types.h>
#include <stdbool.h>

struct renewal;

struct renewals {
	struct renewal *by_process; /* a uthash table: those of which sockets ended lately */
};

/*
 * The process has closed a socket of before the watch, as a sweep finds now. Without memory it
 * pays for none.
 */
void renewals_end(struct renewals *renewals, __u32 tgid, __u64 now_ns);
/*
 * A socket of the process that was made then is counted. True: it takes the place of one that
 * ended, which pays for no other. `window_ns`: so long after an end was found the socket in
 * its place may be made.
 */
bool renewals_take(struct renewals *renewals, __u32 tgid, __u64 born_ns, __u64 window_ns);
/* Forget the processes whose last end was found before that time. */
void renewals_forget(struct renewals *renewals, __u64 before_ns);
/* Forget all of them, and free what they hold. */
void renewals_clear(struct renewals *renewals);

#endif /* SOCKLEAK_RENEWALS_H */
