/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * forecast: when a process that leaks will have no descriptor left, and socket(),
 * open() and accept() begin to fail with EMFILE. Pure; plain data.
 */
#ifndef SOCKLEAK_FORECAST_H
#define SOCKLEAK_FORECAST_H

#include <linux/types.h>
#include <stdbool.h>

#define FDS_UNLIMITED (~0ULL)

/* The descriptors of a process, as they were at looked_ns. */
struct forecast {
	__u64 looked_ns; /* CLOCK_BOOTTIME; 0 = never, or it is unknown */
	__u64 next_ns;	 /* when to look again */
	__u64 fds_open;
	__u64 fds_limit; /* its soft RLIMIT_NOFILE; FDS_UNLIMITED */
	bool rate_known;
	double per_minute; /* sockets more in a minute, at all its leaking sites: rate.h */
};

/*
 * Seconds until the limit is reached, if it goes on to leak, and to close, as many; 0 when it
 * is reached. False: never, or not known.
 */
bool forecast_seconds(const struct forecast *forecast, double *ret_seconds);

#endif /* SOCKLEAK_FORECAST_H */
