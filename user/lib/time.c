/* SPDX-License-Identifier: BSD-2-Clause */
#include "lib/time.h"

#include <ctype.h>
#include <errno.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "lib/text.h"

/* ---- Clocks ---- */

/* Both clocks are read in some 50 ns. A host that is never as quick as this does not matter. */
#define AT_ONCE_NS 1000
#define CLOCK_TRIES 16

__s64 clock_wall_offset(void)
{
	__u64 took_ns = UINT64_MAX;
	__s64 offset_ns = 0;

	for (int i = 0; i < CLOCK_TRIES && took_ns > AT_ONCE_NS; i++) {
		__u64 before_ns = clock_now(CLOCK_BOOTTIME), wall_ns = clock_now(CLOCK_REALTIME);
		__u64 after_ns = clock_now(CLOCK_BOOTTIME);

		if (after_ns - before_ns >= took_ns)
			continue;
		took_ns = after_ns - before_ns;
		offset_ns = (__s64)(wall_ns - before_ns - took_ns / 2);
	}
	return offset_ns;
}

/* ---- Lengths ---- */

#define MINUTE (60 * NSEC_PER_SEC)
#define HOUR (60 * MINUTE)
#define DAY (24 * HOUR)
#define LONGEST ((__u64)INT64_MAX) /* so that a difference of two never overflows */

/* Smallest first. */
static const struct unit {
	const char *name;
	__u64 ns;
} units[] = {
	{ "ms", NSEC_PER_MSEC }, { "s", NSEC_PER_SEC }, { "m", MINUTE },
	{ "h", HOUR },		 { "d", DAY },
};
#define N_UNITS (sizeof(units) / sizeof(units[0]))

static const char digits[] = "0123456789";

/* The unit's length in ns; seconds if there is none; 0 = an unknown unit. */
static __u64 unit_ns(const char *name)
{
	size_t i;

	if (!*name)
		return NSEC_PER_SEC;
	for (i = 0; i < N_UNITS; i++)
		if (!strcmp(name, units[i].name))
			return units[i].ns;
	return 0;
}

/* number[.fraction] units, in integers: a double would turn 0.1s into 99999999 ns. */
static int scale(const char *number, size_t len, const char *fraction, size_t fraction_len,
		 __u64 unit, __u64 *ret_ns)
{
	__u64 whole = 0, part = 0, place = unit, digit;
	size_t i;

	for (i = 0; i < len; i++) {
		digit = (__u64)(number[i] - '0');
		if (whole > (LONGEST / unit - digit) / 10)
			return -ERANGE;
		whole = whole * 10 + digit;
	}
	for (i = 0; i < fraction_len; i++) {
		place /= 10;
		part += (__u64)(fraction[i] - '0') * place;
	}
	if (part > LONGEST - whole * unit)
		return -ERANGE;
	*ret_ns = whole * unit + part;
	return 0;
}

int duration_parse(const char *string, __u64 *ret_ns, const char **ret_reason)
{
	size_t len = strspn(string, digits), fraction_len = 0;
	const char *rest = string + len, *fraction = NULL;
	__u64 unit;

	*ret_reason = NULL;
	if (*rest == '.') {
		fraction = rest + 1;
		fraction_len = strspn(fraction, digits);
		rest = fraction + fraction_len;
	}
	if (!*string)
		*ret_reason = "is empty";
	else if (*string == '-' && string[1] && strchr("0123456789.", string[1]))
		*ret_reason = "is negative";
	else if (!len || (fraction && !fraction_len) || !(!*rest || isalpha((unsigned char)*rest)))
		*ret_reason = "is not a number with a unit, such as 5s";
	if (*ret_reason)
		return -EINVAL;
	unit = unit_ns(rest);
	if (!unit) {
		*ret_reason = "has an unknown unit (the units are ms, s, m, h, d)";
		return -EINVAL;
	}
	if (!scale(string, len, fraction, fraction_len, unit, ret_ns))
		return 0;
	*ret_reason = "is too long";
	return -ERANGE;
}

void duration_add(struct text *text, __u64 ns)
{
	if (ns < NSEC_PER_SEC)
		text_addf(text, "%llums", ns / NSEC_PER_MSEC);
	else if (ns < MINUTE)
		text_addf(text, "%llus", ns / NSEC_PER_SEC);
	else if (ns < HOUR)
		text_addf(text, "%llum%02llus", ns / MINUTE, ns % MINUTE / NSEC_PER_SEC);
	else if (ns < DAY)
		text_addf(text, "%lluh%02llum", ns / HOUR, ns % HOUR / MINUTE);
	else
		text_addf(text, "%llud%lluh", ns / DAY, ns % DAY / HOUR);
}

void duration_add_exact(struct text *text, __u64 ns)
{
	size_t i = N_UNITS - 1;

	if (!ns) {
		text_add(text, "0s");
		return;
	}
	while (i > 0 && ns % units[i].ns)
		i--;
	text_addf(text, "%llu%s", ns / units[i].ns, units[i].name);
}

/* ---- Points ---- */

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

	/* A year has four digits, because nanoseconds of 64 bits end in the year 2262. */
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

	/* Later dates do not fit into nanoseconds. */
	if (!date_read(date, &wall_s) || llabs(wall_s) > INT64_MAX / (__s64)NSEC_PER_SEC - 1)
		return false;
	if (point && strlen(point) > 3 && strspn(point + 1, "0123456789") >= 3)
		ms = (unsigned int)(point[1] - '0') * 100 + (unsigned int)(point[2] - '0') * 10 +
		     (unsigned int)(point[3] - '0');
	*ret_wall_ns = wall_s * (__s64)NSEC_PER_SEC + ms * (__s64)NSEC_PER_MSEC;
	return true;
}
