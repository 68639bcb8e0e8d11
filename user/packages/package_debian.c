/* SPDX-License-Identifier: BSD-2-Clause */
/* Which package has the debug information of a package of Debian's: a table, and a few rules. */
#include "packages/package_sources.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#define ID_DIGITS 8 /* of a build id in the table */

struct debian_debug {
	const char *name, *source;
	const char *packages;  /* that it says it is for, with blanks between */
	const char *build_ids; /* that it has, the first digits of each */
};

static const struct debian_debug rows[] = {
#include "packages/debian_debug_table.h"
};
#define ROWS (sizeof(rows) / sizeof(rows[0]))

static bool row_has_build_id(const struct debian_debug *row, const char *build_id)
{
	if (!build_id || strlen(build_id) < ID_DIGITS)
		return false;
	for (const char *id = row->build_ids; *id; id += ID_DIGITS)
		if (!memcmp(id, build_id, ID_DIGITS))
			return true;
	return false;
}

static bool names_package(const struct debian_debug *row, const char *name)
{
	size_t len = strlen(name);

	for (const char *at = row->packages; (at = strstr(at, name)); at += len)
		if ((at == row->packages || at[-1] == ' ') && (!at[len] || at[len] == ' '))
			return true;
	return false;
}

/* The row that has the build; else, of a build that is not in the table, that of the package. */
static const char *find_row(const char *name, const char *source, const char *build_id)
{
	for (size_t i = 0; i < ROWS; i++)
		if (!strcmp(rows[i].source, source) && row_has_build_id(&rows[i], build_id))
			return rows[i].name;
	for (size_t i = 0; i < ROWS; i++)
		if (!strcmp(rows[i].source, source) && names_package(&rows[i], name))
			return rows[i].name;
	return NULL;
}

int package_debian_debug(const char *name, const char *source, const char *build_id,
			 char *ret_debug, size_t size)
{
	const char *row = find_row(name, source, build_id);
	int len;

	if (row)
		len = snprintf(ret_debug, size, "%s", row);
	else if (!strncmp(source, "python3.", 8) || !strncmp(source, "openjdk-", 8))
		len = snprintf(ret_debug, size, "%s-dbg", source);
	else if (!strcmp(source, "perl"))
		len = snprintf(ret_debug, size, "perl-debug");
	else if (!strcmp(source, "krb5") && !strncmp(name, "lib", 3))
		len = snprintf(ret_debug, size, "libkrb5-dbg");
	else
		len = snprintf(ret_debug, size, "%s-dbgsym", name);
	return len < 0 || (size_t)len >= size ? -EINVAL : 0;
}
