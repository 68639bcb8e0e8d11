/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * time: inside the program all times are nanoseconds, in __u64. Here is what they are read from,
 * and how people and files write them:
 *
 *	clock_*()	now, by a clock of the kernel
 *	duration_*()	a length of time, as in options and tables: "1.5m"
 *	date_*()	a point in time, as in JSON: RFC 3339, UTC, milliseconds; __s64 since the
 *epoch
 */
#ifndef SOCKLEAK_TIME_H
#define SOCKLEAK_TIME_H

#include <limits.h>
#include <linux/types.h>
#include <stdbool.h>
#include <time.h>

struct text;

#define NSEC_PER_MSEC 1000000ULL
#define NSEC_PER_SEC 1000000000ULL

/* ---- Clocks ---- */

/* CLOCK_BOOTTIME is what the kernel's side reads. */
static inline __u64 clock_now(clockid_t clock)
{
	struct timespec now;

	clock_gettime(clock, &now);
	return (__u64)now.tv_sec * NSEC_PER_SEC + (__u64)now.tv_nsec;
}

/*
 * CLOCK_REALTIME minus CLOCK_BOOTTIME, which makes a date of a moment that the kernel noted. Two
 * processes must give the same date to one moment, so this is read again if the thread may have
 * been interrupted between both clocks.
 */
__s64 clock_wall_offset(void);

/* How long poll() may wait for a moment of CLOCK_MONOTONIC, rounded up; 0 = it has come. */
static inline int clock_left_ms(__u64 deadline_ns)
{
	__u64 now_ns = clock_now(CLOCK_MONOTONIC), left_ms;

	if (now_ns >= deadline_ns)
		return 0;
	left_ms = (deadline_ns - now_ns) / NSEC_PER_MSEC + 1;
	return left_ms > INT_MAX ? INT_MAX : (int)left_ms;
}

/* ---- Lengths ---- */

/*
 * Read "250ms", "5s", "1.5m", "2h", "1d" or a bare number of seconds: one
 * number, at most one unit, nothing around them. Parts of a nanosecond are cut.
 * 0; -EINVAL when it is not a duration, -ERANGE when it does not fit (more than
 * 292 years). On failure *ret_reason continues a sentence that begins with the
 * string ("'5x' has an unknown unit ...") and *ret_ns is untouched.
 */
int duration_parse(const char *string, __u64 *ret_ns, const char **ret_reason);

/*
 * Add it for a table, in its two largest units, cut and never rounded up:
 * "850ms", "12s", "3m05s", "2h10m", "5d3h".
 */
void duration_add(struct text *text, __u64 ns);

/*
 * Add it exactly, as duration_parse() would read it, in the largest unit that
 * needs no fraction: "10ms", "5s", "365d". Parts of a millisecond are cut.
 */
void duration_add_exact(struct text *text, __u64 ns);

/* ---- Points ---- */

#define DATE_SIZE sizeof("2026-01-31T23:59:59.123Z")

/*
 * Write "2026-01-31T23:59:59.123Z", or add it. False: the time is before the epoch; nothing
 * was written then.
 */
bool date_format(__s64 wall_ns, char ret_date[DATE_SIZE]);
bool date_add(struct text *text, __s64 wall_ns);

/* Read it, in whole seconds since the epoch; false: the text does not begin with a date. */
bool date_read(const char *date, __s64 *ret_wall_s);
/* The same with its milliseconds, which may be missing. */
bool date_read_ns(const char *date, __s64 *ret_wall_ns);

#endif /* SOCKLEAK_TIME_H */
