/* SPDX-License-Identifier: BSD-2-Clause */
/* date: points in time as files have them: RFC 3339, UTC, milliseconds. Pure. */
#ifndef SOCKLEAK_DATE_H
#define SOCKLEAK_DATE_H

#include <linux/types.h>
#include <stdbool.h>

struct text;

#define DATE_SIZE sizeof("2026-01-31T23:59:59.123Z")

/*
 * Write "2026-01-31T23:59:59.123Z", or add it. False: the time is before the epoch; nothing
 * was written then.
 */
bool date_format(__s64 wall_ns, char ret_date[DATE_SIZE]);
bool date_add(struct text *text, __s64 wall_ns);

/* Back, in whole seconds since the epoch; false: it does not begin as one. */
bool date_read(const char *date, __s64 *ret_wall_s);
/* The same with its milliseconds, which may be missing. */
bool date_read_ns(const char *date, __s64 *ret_wall_ns);

#endif /* SOCKLEAK_DATE_H */
