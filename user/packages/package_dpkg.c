/* SPDX-License-Identifier: BSD-2-Clause */
#include "lib/time.h"
#include "packages/package_sources.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/openat2.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "lib/cleanup.h"
#include "lib/regular_file.h"

#define INFO "/var/lib/dpkg/info"
#define STATUS "/var/lib/dpkg/status"
#define LIST ".list"
#define MAX_ENTRIES 500000	       /* of INFO; a package has some 7 */
#define MAX_LIST (16 * 1024 * 1024)    /* bytes */
#define MAX_STATUS (128 * 1024 * 1024) /* bytes */

/* ---- Opening below a root ---- */

static int open_in(int root_fd, const char *path, int flags)
{
	struct open_how how = {
		.flags = (__u64)(flags | O_CLOEXEC),
		.resolve = RESOLVE_IN_ROOT | RESOLVE_NO_MAGICLINKS,
	};
	long fd = syscall(SYS_openat2, root_fd, path, &how, sizeof(how));

	return fd < 0 ? -errno : (int)fd;
}

int package_open_in(int root_fd, const char *path, int *ret_fd)
{
	_cleanup_close_ int fd = open_in(root_fd, path, O_PATH);

	if (fd < 0)
		return fd;
	return regular_file_reopen(fd, ret_fd);
}

int package_open_directory(int root_fd, const char *path)
{
	return open_in(root_fd, path, O_RDONLY | O_DIRECTORY);
}

/* ---- Who lists the path? ---- */

struct dpkg_search {
	char *line;  /* the path between two newlines */
	char *alias; /* the same by usrmerge, or NULL */
	char *list;  /* the text of one list, after a newline */
	size_t capacity;
	const struct package_diversion *diversion;
	char owner[256];       /* NAME or NAME:ARCH; "" = not found */
	char alias_owner[256]; /* the same by the alias */
};

/*
 * The path as lines are searched for; and /usr/lib/X for /lib/X and back, as the
 * lists of Debian up to 12 have either.
 */
static int make_lines(struct dpkg_search *search, const char *path)
{
	static const char *const merged[] = { "/lib/",	 "/bin/",   "/sbin/",
					      "/lib64/", "/lib32/", "/libx32/" };
	const char *rest = strncmp(path, "/usr/", 5) ? path : path + 4;
	size_t i;

	if (asprintf(&search->line, "\n%s\n", path) < 0) {
		search->line = NULL;
		return -ENOMEM;
	}
	for (i = 0; i < sizeof(merged) / sizeof(merged[0]); i++)
		if (!strncmp(rest, merged[i], strlen(merged[i])))
			break;
	if (i == sizeof(merged) / sizeof(merged[0]))
		return 0;
	if (asprintf(&search->alias, "\n%s%s\n", rest == path ? "/usr" : "", rest) < 0) {
		search->alias = NULL;
		return -ENOMEM;
	}
	return 0;
}

/* Read a list into search->list. */
static int load_list(struct dpkg_search *search, int info_fd, const char *name, size_t *ret_len)
{
	_cleanup_close_ int fd = -1;
	struct stat st;
	size_t needed;
	ssize_t len;
	char *list;
	int err;

	err = package_open_in(info_fd, name, &fd);
	if (err)
		return err;
	if (fstat(fd, &st))
		return -errno;
	if (st.st_size > MAX_LIST)
		return -E2BIG;
	needed = (size_t)st.st_size + 1;
	if (needed > search->capacity) {
		list = realloc(search->list, needed);
		if (!list)
			return -ENOMEM;
		search->list = list;
		search->capacity = needed;
	}
	search->list[0] = '\n';
	len = read(fd, search->list + 1, needed - 1);
	if (len < 0)
		return -errno;
	*ret_len = (size_t)len + 1;
	return 0;
}

/* Is this the name, with its architecture or without, of a list's package? */
static bool is_list_of(const char *list, const char *package)
{
	size_t len = strlen(package);

	return !strncmp(list, package, len) && (list[len] == ':' || !strcmp(list + len, LIST));
}

/* A package that a diversion leaves out: the file at the path is not the one that it lists. */
static bool is_left_out(const struct package_diversion *diversion, const char *list)
{
	if (diversion->only[0])
		return !is_list_of(list, diversion->only);
	return diversion->except[0] && is_list_of(list, diversion->except);
}

/* One list: does it hold the path or its alias? */
static void search_list(struct dpkg_search *search, int info_fd, const char *name)
{
	size_t owner_len = strlen(name) - strlen(LIST), len = 0;
	char *owner;

	if (owner_len >= sizeof(search->owner) || load_list(search, info_fd, name, &len))
		return;
	if (memmem(search->list, len, search->line, strlen(search->line)))
		owner = search->owner;
	else if (search->alias && memmem(search->list, len, search->alias, strlen(search->alias)))
		owner = search->alias_owner;
	else
		return;
	snprintf(owner, sizeof(search->owner), "%.*s", (int)owner_len, name);
}

static bool is_list(const char *name)
{
	size_t len = strlen(name);

	return len > strlen(LIST) && !strcmp(name + len - strlen(LIST), LIST);
}

static int search_lists(struct dpkg_search *search, DIR *info, __u64 deadline_ns)
{
	unsigned int entries = 0;
	struct dirent *entry;

	while (!search->owner[0] && (entry = readdir(info))) {
		if (++entries > MAX_ENTRIES)
			return -E2BIG;
		if (!is_list(entry->d_name) || is_left_out(search->diversion, entry->d_name))
			continue;
		if (clock_now(CLOCK_MONOTONIC) > deadline_ns)
			return -ETIMEDOUT;
		search_list(search, dirfd(info), entry->d_name);
	}
	if (!search->owner[0])
		memcpy(search->owner, search->alias_owner, sizeof(search->owner));
	return search->owner[0] ? 0 : -ENOENT;
}

/* Into ret_owner, of 256 bytes. */
static int find_owner(int root_fd, const char *path, __u64 deadline_ns, char *ret_owner)
{
	int fd = package_open_directory(root_fd, INFO);
	struct package_diversion diversion;
	struct dpkg_search search = { .diversion = &diversion };
	DIR *info;
	int err;

	if (fd < 0)
		return fd;
	info = fdopendir(fd);
	if (!info) {
		err = -errno;
		close(fd);
		return err;
	}
	package_find_diversion(root_fd, path, &diversion);
	if (!strcmp(diversion.only, ":")) {
		closedir(info);
		return -ENOENT; /* the administrator put it there */
	}
	err = make_lines(&search, diversion.path[0] ? diversion.path : path);
	if (!err)
		err = search_lists(&search, info, deadline_ns);
	if (!err)
		memcpy(ret_owner, search.owner, sizeof(search.owner));
	closedir(info);
	free(search.line);
	free(search.alias);
	free(search.list);
	return err;
}

/* ---- Its version ---- */

struct stanza {
	char name[128], version[128], arch[32], source[128];
};

/* "Name: value" of a status file. A value that is not a word is left out. */
static void read_field(char *line, struct stanza *stanza)
{
	char *value = strchr(line, ':');

	if (!value)
		return;
	*value++ = '\0';
	value += strspn(value, " \t");
	value[strcspn(value, " \t\n")] = '\0'; /* a source may have its version behind it */
	if (!strcmp(line, "Package"))
		package_copy_word(stanza->name, sizeof(stanza->name), value);
	else if (!strcmp(line, "Version"))
		package_copy_word(stanza->version, sizeof(stanza->version), value);
	else if (!strcmp(line, "Architecture"))
		package_copy_word(stanza->arch, sizeof(stanza->arch), value);
	else if (!strcmp(line, "Source"))
		package_copy_word(stanza->source, sizeof(stanza->source), value);
}

static bool next_stanza(FILE *status, __u64 deadline_ns, size_t *text, struct stanza *ret_stanza)
{
	bool line_start = true, any = false;
	char line[1024];

	memset(ret_stanza, 0, sizeof(*ret_stanza));
	if (clock_now(CLOCK_MONOTONIC) > deadline_ns)
		return false;
	while (*text < MAX_STATUS && fgets(line, sizeof(line), status)) {
		bool whole = strchr(line, '\n') || feof(status);

		*text += strlen(line) + 1; /* more than nothing for a line of NULs, too */
		if (line_start && line[0] == '\n') {
			if (any)
				return true;
		} else if (line_start && whole) {
			any = true;
			read_field(line, ret_stanza);
		}
		line_start = whole;
	}
	return any;
}

/* The stanza of the owner, and the architecture of dpkg itself ("" = not there). */
static int find_stanza(FILE *status, const char *owner, __u64 deadline_ns,
		       struct stanza *ret_stanza, char *ret_native)
{
	const char *colon = strchrnul(owner, ':');
	bool found = false, native = false;
	struct stanza stanza;
	size_t text = 0;

	while (!(found && native) && next_stanza(status, deadline_ns, &text, &stanza)) {
		if (!strcmp(stanza.name, "dpkg")) {
			memcpy(ret_native, stanza.arch, sizeof(stanza.arch));
			native = true;
		}
		if (found || !stanza.name[0] || strlen(stanza.name) != (size_t)(colon - owner) ||
		    strncmp(stanza.name, owner, colon - owner) ||
		    (*colon && strcmp(stanza.arch, colon + 1)))
			continue;
		*ret_stanza = stanza;
		found = true;
	}
	if (found)
		return 0;
	return clock_now(CLOCK_MONOTONIC) > deadline_ns ? -ETIMEDOUT : -ENOENT;
}

static int fill_package(const struct stanza *stanza, const char *native, const char *build_id,
			struct package *ret_package)
{
	struct package package = { .kind = PACKAGE_DEB, .source = PACKAGE_FROM_DPKG };
	const char *source = stanza->source[0] ? stanza->source : stanza->name;
	size_t len;
	int err;

	memcpy(package.name, stanza->name, sizeof(package.name));
	memcpy(package.version, stanza->version, sizeof(package.version));
	memcpy(package.arch, stanza->arch, sizeof(package.arch));
	err = package_debian_debug(package.name, source, build_id, package.debug,
				   sizeof(package.debug));
	if (err)
		return err;
	if (native[0] && package.arch[0] && strcmp(package.arch, native) &&
	    strcmp(package.arch, "all")) {
		len = strlen(package.debug);
		snprintf(package.debug + len, sizeof(package.debug) - len, ":%s", package.arch);
	}
	*ret_package = package;
	return 0;
}

int package_from_dpkg(int root_fd, const char *path, const char *build_id, __u64 deadline_ns,
		      struct package *ret_package)
{
	char owner[256], native[32] = "";
	struct stanza stanza;
	FILE *status;
	int err, fd;

	err = find_owner(root_fd, path, deadline_ns, owner);
	if (err)
		return err;
	err = package_open_in(root_fd, STATUS, &fd);
	if (err)
		return err;
	status = fdopen(fd, "r");
	if (!status) {
		err = -errno;
		close(fd);
		return err;
	}
	err = find_stanza(status, owner, deadline_ns, &stanza, native);
	fclose(status);
	if (err)
		return err;
	return fill_package(&stanza, native, build_id, ret_package);
}
