/* SPDX-License-Identifier: BSD-2-Clause */
/* Whether apt would find a package in its lists. */
#include "packages/package_sources.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "lib/cleanup.h"
#include "lib/time.h"

#define LISTS "/var/lib/apt/lists"
#define PACKAGES "_Packages"
#define MAX_LISTS 1000
#define CHUNK (1024 * 1024)
#define STANZA 16384 /* bytes in which a stanza has its version */

struct apt_search {
	const char *version;
	char *line; /* "\nPackage: NAME\n" */
	char *buffer;
	__u64 deadline_ns;
	bool any;     /* a list of the right archive is there */
	bool unread;  /* one of these is compressed, or could not be read */
	bool named;   /* one of these has the package */
	bool matched; /* in the version */
};

bool package_is_of_debug_archive(const char *debug)
{
	size_t len = strcspn(debug, ":=");

	return len > strlen("-dbgsym") && !strncmp(debug + len - strlen("-dbgsym"), "-dbgsym", 7);
}

/* Does apt's list, by its name, come from an archive of -dbgsym packages? */
static bool is_debug_list(const char *list)
{
	return strstr(list, "debian-debug") || strstr(list, "-debug_") || strstr(list, "ddebs");
}

/* "\nVersion: " behind the package's line, within its stanza. */
static bool has_version(const struct apt_search *search, const char *at, const char *end)
{
	const char *blank = memmem(at, (size_t)(end - at), "\n\n", 2) ?: end;
	const char *field = memmem(at, (size_t)(blank - at), "\nVersion: ", 10);
	size_t len = strlen(search->version);

	return field && (size_t)(end - field) > 10 + len &&
	       !memcmp(field + 10, search->version, len) && field[10 + len] == '\n';
}

/* All stanzas of the package in `len` bytes; those that begin in the first `whole`. */
static void search_chunk(struct apt_search *search, size_t len, size_t whole)
{
	const char *at = search->buffer, *end = at + len;

	while ((at = memmem(at, (size_t)(end - at), search->line, strlen(search->line))) &&
	       at < search->buffer + whole) {
		search->named = true;
		search->matched |= has_version(search, at + 1, end);
		at++;
	}
}

/* A list as text. Before each chunk there is a newline: of the chunk before, or ours. */
static void search_list_text(struct apt_search *search, int fd)
{
	off_t offset = 0;
	ssize_t n;

	search->buffer[0] = '\n';
	while ((n = pread(fd, search->buffer + 1, CHUNK, offset)) > 0) {
		bool last = n < CHUNK;

		if (clock_now(CLOCK_MONOTONIC) > search->deadline_ns) {
			search->unread = true;
			return;
		}
		search_chunk(search, (size_t)n + 1, last ? (size_t)n + 1 : CHUNK - STANZA);
		if (last)
			return;
		offset += CHUNK - STANZA;
		search->buffer[0] = search->buffer[CHUNK - STANZA];
	}
	search->unread |= n < 0;
}

static void search_apt_list(struct apt_search *search, int lists_fd, const char *name)
{
	_cleanup_close_ int fd = -1;

	search->any = true;
	if (strcmp(name + strlen(name) - strlen(PACKAGES), PACKAGES) != 0 ||
	    package_open_in(lists_fd, name, &fd))
		search->unread = true; /* compressed: ".lz4" */
	else
		search_list_text(search, fd);
}

/* Is it an index of packages, of this architecture (or of any, when that is not known)? */
static bool is_index(const char *name, const char *arch)
{
	const char *binary = strstr(name, "_binary-"), *index = strstr(name, PACKAGES);
	size_t len = strlen(arch);

	if (!binary || !index || index < binary)
		return false;
	binary += strlen("_binary-");
	return !len || (!strncmp(binary, arch, len) && binary + len == index);
}

static int search_lists_of_apt(struct apt_search *search, DIR *lists, const struct package *package,
			       bool *ret_others)
{
	bool debug = package_is_of_debug_archive(package->debug);
	struct dirent *entry;

	*ret_others = false;
	for (unsigned int i = 0; (entry = readdir(lists)); i++) {
		if (i == MAX_LISTS)
			return -E2BIG;
		if (!is_index(entry->d_name, package->arch))
			continue;
		if (is_debug_list(entry->d_name) == debug)
			search_apt_list(search, dirfd(lists), entry->d_name);
		else
			*ret_others = true;
	}
	return 0;
}

static enum package_availability judge(const struct apt_search *search, bool others)
{
	if (search->matched)
		return PACKAGE_AVAILABLE;
	if (!search->any)
		return others ? PACKAGE_NO_ARCHIVE : PACKAGE_MAYBE;
	if (search->unread)
		return PACKAGE_MAYBE;
	return search->named ? PACKAGE_TOO_OLD : PACKAGE_NOT_THERE;
}

enum package_availability package_in_apt(int root_fd, const struct package *package,
					 __u64 deadline_ns)
{
	struct apt_search search = { .version = package->version, .deadline_ns = deadline_ns };
	enum package_availability availability = PACKAGE_MAYBE;
	int fd = package_open_directory(root_fd, LISTS);
	DIR *lists = fd < 0 ? NULL : fdopendir(fd);
	bool others;

	if (!lists) {
		if (fd >= 0)
			close(fd);
		return PACKAGE_MAYBE;
	}
	search.buffer = malloc(CHUNK + 1);
	if (search.buffer && asprintf(&search.line, "\nPackage: %.*s\n",
				      (int)strcspn(package->debug, ":"), package->debug) >= 0) {
		if (!search_lists_of_apt(&search, lists, package, &others))
			availability = judge(&search, others);
		free(search.line);
	}
	free(search.buffer);
	closedir(lists);
	return availability;
}
