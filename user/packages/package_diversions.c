/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * dpkg's diversions (dpkg-divert(1)): /var/lib/dpkg/diversions has three lines for each, the path
 * that packages list, the path to which their file has gone, and the package whose file is at the
 * first path instead, ":" for the administrator's.
 */
#include "packages/package_sources.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "lib/cleanup.h"

#define DIVERSIONS "/var/lib/dpkg/diversions"
#define MAX_DIVERSIONS 10000
#define MAX_LINE 4096

/* Without "/usr" where that makes no difference: the lists of Debian up to 12 have either. */
static const char *merged_path(const char *path)
{
	static const char *const merged[] = { "/lib", "/bin/", "/sbin/" };
	const char *rest = strncmp(path, "/usr/", 5) ? path : path + 4;

	for (size_t i = 0; i < sizeof(merged) / sizeof(merged[0]); i++)
		if (!strncmp(rest, merged[i], strlen(merged[i])))
			return rest;
	return path;
}

static bool same_path(const char *a, const char *b)
{
	return !strcmp(merged_path(a), merged_path(b));
}

static bool read_line_of(FILE *file, char line[MAX_LINE])
{
	if (!fgets(line, MAX_LINE, file))
		return false;
	line[strcspn(line, "\n")] = '\0';
	return true;
}

/* One of the file's; false: it is not about the path. */
static bool apply_diversion(const char *path, const char *from, const char *to, const char *by,
			    struct package_diversion *ret)
{
	bool by_hand = !strcmp(by, ":");

	if (strlen(by) >= sizeof(ret->only) || strlen(from) >= sizeof(ret->path))
		return false;
	if (same_path(path, to)) {
		strcpy(ret->path, from);
		strcpy(ret->except, by_hand ? "" : by);
		return true;
	}
	if (!same_path(path, from))
		return false;
	strcpy(ret->only, by);
	return true;
}

void package_find_diversion(int root_fd, const char *path, struct package_diversion *ret)
{
	char from[MAX_LINE], to[MAX_LINE], by[MAX_LINE];
	FILE *file;
	int fd;

	memset(ret, 0, sizeof(*ret));
	if (package_open_in(root_fd, DIVERSIONS, &fd))
		return;
	file = fdopen(fd, "r");
	if (!file) {
		close(fd);
		return;
	}
	for (unsigned int i = 0; i < MAX_DIVERSIONS; i++)
		if (!read_line_of(file, from) || !read_line_of(file, to) ||
		    !read_line_of(file, by) || apply_diversion(path, from, to, by, ret))
			break;
	fclose(file);
}
