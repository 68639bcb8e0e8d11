/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * duration: lengths of time as people write and read them. Inside the program
 * they are nanoseconds.
 */
#ifndef SOCKLEAK_DURATION_H
#define SOCKLEAK_DURATION_H

#include <linux/types.h>

struct text;

#define NSEC_PER_MSEC 1000000ULL
#define NSEC_PER_SEC 1000000000ULL

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

#endif /* SOCKLEAK_DURATION_H */
