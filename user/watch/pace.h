/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * pace: when the next sweep is due. Sweeps may take a fifth of one processor at most, and the
 * interval is stretched for it, but by ten seconds at most: thousands of new leaks to unwind are no
 * reason to be blind for a minute. Pure.
 */
#ifndef SOCKLEAK_PACE_H
#define SOCKLEAK_PACE_H

#include <linux/types.h>

/*
 * All in nanoseconds. `due_ns`: when the sweep was due that has just ended, or a later time, when a
 * signal asked for it before: then the next one is due as it was, or a storm of signals would put
 * it off by an interval each. `sweep_ns`: how long it took.
 */
__u64 pace_next_ns(__u64 due_ns, __u64 now_ns, __u64 interval_ns, __u64 sweep_ns);

#endif /* SOCKLEAK_PACE_H */
