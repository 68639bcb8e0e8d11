/* SPDX-License-Identifier: BSD-2-Clause */
/* clocks: the time, in nanoseconds. CLOCK_BOOTTIME is what the kernel's side reads. */
#ifndef SOCKLEAK_CLOCKS_H
#define SOCKLEAK_CLOCKS_H

#include <linux/types.h>
#include <time.h>

static inline __u64 clock_now(clockid_t clock)
{
	struct timespec now;

	clock_gettime(clock, &now);
	return (__u64)now.tv_sec * 1000000000 + (__u64)now.tv_nsec;
}

#endif /* SOCKLEAK_CLOCKS_H */
