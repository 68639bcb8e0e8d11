/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * pace: when the next sweep is due. Sweeps may use a fifth of one processor. The interval
 * is stretched for that, but by ten seconds at most, because thousands of new leaks to
 * unwind are no reason to be blind for a minute. Pure.
 */
#ifndef SOCKLEAK_PACE_H
#define SOCKLEAK_PACE_H

#include <linux/types.h>

/*
 * All times are nanoseconds. `due_ns` is when the sweep that has just ended was due, or
 * later, when a signal asked for it early. The next one is then due as before; otherwise
 * each signal of a storm would put it off by an interval. `sweep_ns` is how long the sweep
 * took.
 */
__u64 pace_next_ns(__u64 due_ns, __u64 now_ns, __u64 interval_ns, __u64 sweep_ns);

#endif /* SOCKLEAK_PACE_H */
