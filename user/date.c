/* SPDX-License-Identifier: BSD-2-Clause */
#include "date.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "duration.h"
#include "text.h"

#define FORMAT "%Y-%m-%dT%H:%M:%S"

bool date_add(struct text *text, __s64 wall_ns)
{
	time_t seconds = (time_t)(wall_ns / (__s64)NSEC_PER_SEC);
	char day[sizeof("2026-01-31T23:59:59")];
	struct tm tm;

	if (wall_ns < 0 || !gmtime_r(&seconds, &tm) || !strftime(day, sizeof(day), FORMAT, &tm))
		return false;
	text_addf(text, "%s.%03uZ", day,
		  (unsigned int)(wall_ns % (__s64)NSEC_PER_SEC / (__s64)NSEC_PER_MSEC));
	return true;
}

bool date_read(const char *date, __s64 *ret_wall_s)
{
	struct tm tm = { 0 };

	if (!strptime(date, FORMAT, &tm))
		return false;
	*ret_wall_s = (__s64)timegm(&tm);
	return true;
}

bool date_read_ns(const char *date, __s64 *ret_wall_ns)
{
	const char *point = strchr(date, '.');
	unsigned int ms = 0;
	__s64 wall_s;

	/* Beyond this nanoseconds do not fit. */
	if (!date_read(date, &wall_s) || llabs(wall_s) > INT64_MAX / (__s64)NSEC_PER_SEC - 1)
		return false;
	if (point && strlen(point) > 3 && strspn(point + 1, "0123456789") >= 3)
		ms = (unsigned int)(point[1] - '0') * 100 + (unsigned int)(point[2] - '0') * 10 +
		     (unsigned int)(point[3] - '0');
	*ret_wall_ns = wall_s * (__s64)NSEC_PER_SEC + ms * (__s64)NSEC_PER_MSEC;
	return true;
}
