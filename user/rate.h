/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * rate: how many sockets more are open in a minute, from the times at which they were made.
 * Pure; every time comes in with the caller.
 *
 * Of n births the first and the last of which are t apart the rate is (n - 1) / t: exact from
 * the second moment on, whenever the sweeps were that found them. A rate by the time that
 * sweeps have passed is not: at the end of the first eight seconds they have shown the sockets
 * of three, and a report told +447 a minute of 300.
 *
 * The births are those of the last RATE_WINDOW_NS before the newest one, but RATE_KEPT at
 * least, so that a leak of one in twenty minutes has a rate, too. The times are kept in groups
 * of RATE_GROUP_NS: the window's beginning is that exact, the rate is not touched by it.
 *
 * It is net: of n births in that time, while e sockets ended, (n - e) / n are left of the rate.
 * A pool that is renewed has a rate of 0, and what is told of the time until a process has no
 * descriptor left stays true when some of the sockets are closed.
 *
 * When no birth is counted any more for PAUSES_OF_SILENCE (growth.h) mean gaps, and at least
 * RATE_SILENCE_NS, the silence is counted in, and the window slides away from the births: ten
 * minutes later the rate is 0.
 */
#ifndef SOCKLEAK_RATE_H
#define SOCKLEAK_RATE_H

#include <linux/types.h>
#include <stdbool.h>

#define RATE_WINDOW_NS (600ULL * 1000000000)
#define RATE_GROUPS 16
#define RATE_GROUP_NS (RATE_WINDOW_NS / RATE_GROUPS)
#define RATE_KEPT 4
/* Sweeps may come late. */
#define RATE_SILENCE_NS (15ULL * 1000000000)
/* Births closer together are of one moment, which has no rate. */
#define RATE_MOMENT_NS 1000000000ULL

struct rate {
	bool known; /* there are births RATE_MOMENT_NS apart, at least */
	double per_minute;
	int more; /* births less ends: how many more are open than at the window's beginning */
	/* private: */
	struct rate_group {
		__u64 first_ns, last_ns; /* births */
		unsigned int births;
		unsigned int ends; /* that were noticed while it was the newest one */
	} groups[RATE_GROUPS];	   /* by time, apart from each other */
	unsigned int count;
	__u64 counted_ns; /* when the last birth was */
};

/*
 * A socket that was made then is counted now; `counted_ns` as in growth.h. In any order:
 * after a restart thousands come at once.
 */
void rate_birth(struct rate *rate, __u64 born_ns, __u64 counted_ns);
/* One was not of those that are counted here. */
void rate_take_back(struct rate *rate, __u64 born_ns);
/* One has ended. */
void rate_end(struct rate *rate);
/* After each sweep: what is known of it now. */
void rate_update(struct rate *rate, __u64 now_ns);

#endif /* SOCKLEAK_RATE_H */
