/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * rate: how many sockets more are open in a minute, computed from the times at which they were
 * made. Pure: the caller passes every time in.
 *
 * The rate of n births is (n - 1) / t, where t is the time from the first to the last of them:
 * exact from the second moment on, whenever the sweeps came that found them. A rate over the
 * time between two sweeps is not: eight seconds after a start the sweeps have found the sockets
 * of three seconds, and a report had +447 a minute where there were 300.
 *
 * The births of the last RATE_WINDOW_NS before the newest one count, and RATE_KEPT at least,
 * so that a leak of one socket in twenty minutes has a rate, too. Their times are kept in
 * groups of RATE_GROUP_NS: the window begins at a group, and the rate stays exact.
 *
 * The rate is net. When e sockets end in the time of n births, (n - e) / n of the rate is left.
 * A pool that is renewed has a rate of 0, and the forecast of the time until a process has no
 * descriptor left holds when some of the sockets are closed.
 *
 * When no birth has been counted for PAUSES_OF_SILENCE (growth.h) mean gaps, and at least
 * RATE_SILENCE_NS, the silence is counted in, and the window moves away from the births: after
 * ten minutes the rate is 0.
 */
#ifndef SOCKLEAK_RATE_H
#define SOCKLEAK_RATE_H

#include <linux/types.h>
#include <stdbool.h>

#include "lib/time.h"

#define RATE_WINDOW_NS (600ULL * 1000000000)
#define RATE_GROUPS 16
#define RATE_GROUP_NS (RATE_WINDOW_NS / RATE_GROUPS)
#define RATE_KEPT 4
/* Sweeps may come late. */
#define RATE_SILENCE_NS (15ULL * 1000000000)
/* Births that are closer together are one moment, which has no rate. */
#define RATE_MOMENT_NS NSEC_PER_SEC

struct rate {
	bool known; /* there are two births, at least RATE_MOMENT_NS apart */
	double per_minute;
	int more; /* births less ends: how many more are open than at the window's beginning */
	__u64 silent_ns; /* since the last birth was counted, when that is long for it; else 0 */
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
/* A socket that was counted here belongs elsewhere. */
void rate_take_back(struct rate *rate, __u64 born_ns);
/* One has ended. */
void rate_end(struct rate *rate);
/* After each sweep: the public members as of now. */
void rate_update(struct rate *rate, __u64 now_ns);

#endif /* SOCKLEAK_RATE_H */
