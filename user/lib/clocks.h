/* SPDX-License-Identifier: BSD-2-Clause */
/* clocks: the time, in nanoseconds. CLOCK_BOOTTIME is what the kernel's side reads. */
#ifndef SOCKLEAK_CLOCKS_H
#define SOCKLEAK_CLOCKS_H

#include <limits.h>
#include <linux/types.h>
#include <time.h>

static inline __u64 clock_now(clockid_t clock)
{
	struct timespec now;

	clock_gettime(clock, &now);
	return (__u64)now.tv_sec * 1000000000 + (__u64)now.tv_nsec;
}

/* How long poll() may wait for a moment of CLOCK_MONOTONIC, rounded up; 0 = it is there. */
static inline int clock_left_ms(__u64 deadline_ns)
{
	__u64 now_ns = clock_now(CLOCK_MONOTONIC), left_ms;

	if (now_ns >= deadline_ns)
		return 0;
	left_ms = (deadline_ns - now_ns) / 1000000 + 1;
	return left_ms > INT_MAX ? INT_MAX : (int)left_ms;
}

#endif /* SOCKLEAK_CLOCKS_H */
