/* SPDX-License-Identifier: BSD-2-Clause */
#include "lib/date.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "lib/duration.h"
#include "lib/text.h"

#define FORMAT "%Y-%m-%dT%H:%M:%S"

static char *put_digits(char *at, unsigned int count, int value, char behind)
{
	at[count] = behind;
	for (unsigned int i = count; i; value /= 10)
		at[--i] = (char)('0' + value % 10);
	return at + count + 1;
}

/* Digit by digit: a scan writes tens of thousands of dates, and strftime() takes far longer. */
bool date_format(__s64 wall_ns, char ret_date[DATE_SIZE])
{
	time_t seconds = (time_t)(wall_ns / (__s64)NSEC_PER_SEC);
	struct tm tm;
	char *at = ret_date;

	/* Nanoseconds of 64 bits end in the year 2262: a year has four digits. */
	if (wall_ns < 0 || !gmtime_r(&seconds, &tm))
		return false;
	at = put_digits(at, 4, tm.tm_year + 1900, '-');
	at = put_digits(at, 2, tm.tm_mon + 1, '-');
	at = put_digits(at, 2, tm.tm_mday, 'T');
	at = put_digits(at, 2, tm.tm_hour, ':');
	at = put_digits(at, 2, tm.tm_min, ':');
	at = put_digits(at, 2, tm.tm_sec, '.');
	at = put_digits(at, 3, (int)(wall_ns % (__s64)NSEC_PER_SEC / (__s64)NSEC_PER_MSEC), 'Z');
	*at = '\0';
	return true;
}

bool date_add(struct text *text, __s64 wall_ns)
{
	char date[DATE_SIZE];

	if (!date_format(wall_ns, date))
		return false;
	text_add(text, date);
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
