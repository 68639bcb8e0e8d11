/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * dpkg's database in a root that is somebody else's: the text of one list, that
 * list's name, and the status file. An input is the path that is asked for, a
 * line; the list's name, a line; the list up to a line "%%"; the status.
 */
#include "check_package.h"
#include "lib/time.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <sys/stat.h>
#include <unistd.h>

#define LIST_NAME_MAX 200
#define SOON_NS (60ULL * 1000000000) /* nothing here takes so long */

static char root[PATH_MAX];
static int root_fd = -1, info_fd, dpkg_fd, apt_fd, lists_fd;

static void remove_root(void)
{
	unlinkat(dpkg_fd, "status", 0);
	unlinkat(dpkg_fd, "info", AT_REMOVEDIR);
	unlinkat(dpkg_fd, "diversions", 0);
	unlinkat(apt_fd, "lists", AT_REMOVEDIR);
	unlinkat(root_fd, "var/lib/apt", AT_REMOVEDIR);
	unlinkat(root_fd, "var/lib/dpkg", AT_REMOVEDIR);
	unlinkat(root_fd, "var/lib", AT_REMOVEDIR);
	unlinkat(root_fd, "var", AT_REMOVEDIR);
	rmdir(root);
}

static int make_directory(int parent_fd, const char *name)
{
	int fd;

	check(!mkdirat(parent_fd, name, 0755));
	fd = openat(parent_fd, name, O_PATH | O_DIRECTORY | O_CLOEXEC);
	check(fd >= 0);
	return fd;
}

static void make_root(void)
{
	const char *directory = getenv("TMPDIR");
	int var_fd, lib_fd;

	snprintf(root, sizeof(root), "%s/sockleak-fuzz-XXXXXX", directory ?: "/tmp");
	check(mkdtemp(root));
	root_fd = open(root, O_PATH | O_DIRECTORY | O_CLOEXEC);
	check(root_fd >= 0);
	var_fd = make_directory(root_fd, "var");
	lib_fd = make_directory(var_fd, "lib");
	dpkg_fd = make_directory(lib_fd, "dpkg");
	info_fd = make_directory(dpkg_fd, "info");
	apt_fd = make_directory(lib_fd, "apt");
	lists_fd = make_directory(apt_fd, "lists");
	close(var_fd);
	close(lib_fd);
	atexit(remove_root);
}

static void put(int directory_fd, const char *name, const void *bytes, size_t len)
{
	int fd = openat(directory_fd, name, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);

	check(fd >= 0);
	check(write(fd, bytes, len) == (ssize_t)len);
	close(fd);
}

/* The name of the list, if it can be a file's. */
static char *take_list_name(struct input *input)
{
	char *name = take_until(input, '\n');

	if (strchr(name, '/') || !*name || strlen(name) > LIST_NAME_MAX || !strcmp(name, ".") ||
	    !strcmp(name, "..")) {
		free(name);
		name = strdup("a.list");
	}
	return name;
}

/* What stands before the line "%%", of any bytes; an empty list when there is no such line. */
static void put_list(struct input *input, const char *name)
{
	static const char end[] = "\n%%\n";
	const uint8_t *found = memmem(input->at, input_left(input), end, strlen(end));
	size_t len = found ? (size_t)(found - input->at) + 1 : 0;

	put(info_fd, name, input->at, len);
	input->at += found ? len + strlen(end) - 1 : 0;
}

static void check_answer(int err, const struct package *package)
{
	if (err) {
		check(err == -ENOENT || err == -EINVAL);
		check_untouched(package);
		return;
	}
	check_package(package);
	check(package->kind == PACKAGE_DEB && package->source == PACKAGE_FROM_DPKG);
}

/* The same bytes as a list of apt's: it says what it can know of a package that is in none. */
static void check_apt(const struct package *package, const uint8_t *list, size_t size)
{
	enum package_availability availability;
	char name[128];

	if (package->kind != PACKAGE_DEB)
		return;
	snprintf(name, sizeof(name), "h_dists_s_main_binary-%s_Packages", package->arch);
	put(lists_fd, name, list, size);
	availability = package_in_apt(root_fd, package, clock_now(CLOCK_MONOTONIC) + SOON_NS);
	unlinkat(lists_fd, name, 0);
	check(availability <= PACKAGE_NOT_THERE);
	check(availability == PACKAGE_MAYBE || availability == PACKAGE_NO_ARCHIVE ||
	      !package_is_of_debug_archive(package->debug));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct input input = input_of(data, size);
	struct package package = untouched_package();
	char path[PATH_MAX], *line, *name;
	int err;

	if (root_fd < 0)
		make_root();
	line = take_until(&input, '\n');
	snprintf(path, sizeof(path), "/%s", line + strspn(line, "/"));
	name = take_list_name(&input);
	put_list(&input, name);
	put(dpkg_fd, "status", input.at, input_left(&input));
	put(dpkg_fd, "diversions", input.at, input_left(&input));
	err = package_from_dpkg(root_fd, path, NULL, clock_now(CLOCK_MONOTONIC) + SOON_NS,
				&package);
	check_answer(err, &package);
	check_apt(&package, input.at, input_left(&input));
	unlinkat(info_fd, name, 0);
	free(line);
	free(name);
	return 0;
}
