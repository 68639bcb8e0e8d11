/* SPDX-License-Identifier: BSD-2-Clause */
#include "cgroup.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/magic.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <unistd.h>

#define HASH_NONFATAL_OOM 1
#include <uthash.h>

#define MAX_CACHED 4096
#define FILEID_KERNFS 0xfe /* include/linux/exportfs.h, since Linux 5.5 */
#define DELETED " (deleted)"

#define _cleanup_free_ __attribute__((cleanup(freep)))
#define _cleanup_close_ __attribute__((cleanup(closep)))

struct cached {
	__u64 id;
	char *path;
	UT_hash_handle hh;
};

struct cgroups {
	char *mount;
	int fd;		      /* of the mount */
	struct cached *cache; /* the oldest first, as uthash keeps the order of additions */
};

static void freep(void *pointer)
{
	free(*(void **)pointer);
}

static void closep(int *fd)
{
	if (*fd >= 0)
		close(*fd);
}

/* ---- The mount ---- */

/* mountinfo writes space, tab, newline and backslash as \ooo. */
static void unescape(char *string)
{
	char *to = string;

	while (*string) {
		if (string[0] == '\\' && string[1] >= '0' && string[1] <= '3' && string[2] >= '0' &&
		    string[2] <= '7' && string[3] >= '0' && string[3] <= '7') {
			*to++ = (string[1] - '0') << 6 | (string[2] - '0') << 3 | (string[3] - '0');
			string += 4;
		} else {
			*to++ = *string++;
		}
	}
	*to = '\0';
}

/*
 * How much of the host's tree a mount shows. Seen from a cgroup namespace, the
 * host's own mount has a root above that of the namespace: "/../..".
 */
static int mount_rank(const char *root)
{
	const char *rest = root;

	while (!strncmp(rest, "/..", 3) && (rest[3] == '/' || !rest[3]))
		rest += 3;
	if (rest != root && !*rest)
		return 3;
	return strcmp(root, "/") ? 1 : 2;
}

/* Take one line apart, in place. False: not a cgroup2 mount. */
static bool parse_mount(char *line, char **ret_root, char **ret_mount)
{
	char *separator = strstr(line, " - "), *save, *field = NULL;
	int i;

	if (!separator || strncmp(separator + 3, "cgroup2 ", 8))
		return false;
	*separator = '\0';
	for (i = 0; i < 5; i++) {
		field = strtok_r(i ? NULL : line, " ", &save);
		if (!field)
			return false;
		if (i == 3)
			*ret_root = field;
	}
	*ret_mount = field;
	return true;
}

int cgroup_find_mount(FILE *mountinfo, char **ret_mount)
{
	_cleanup_free_ char *line = NULL;
	char *best = NULL, *root = NULL, *mount = NULL;
	int best_rank = 0, rank;
	size_t size = 0;

	while (getline(&line, &size, mountinfo) >= 0) {
		if (!parse_mount(line, &root, &mount))
			continue;
		unescape(root);
		unescape(mount);
		rank = mount_rank(root);
		/* of equals the later one, which hides an earlier one at the same place */
		if (rank < best_rank)
			continue;
		best_rank = rank;
		free(best);
		best = strdup(mount);
		if (!best)
			return -ENOMEM;
	}
	if (!best)
		return -ENOENT;
	*ret_mount = best;
	return 0;
}

static bool is_cgroup2(int fd)
{
	struct statfs fs;

	return !fstatfs(fd, &fs) && fs.f_type == CGROUP2_SUPER_MAGIC;
}

int cgroups__new(struct cgroups **ret_cgroups)
{
	struct cgroups *cgroups = calloc(1, sizeof(*cgroups));
	FILE *mountinfo;
	int err;

	if (!cgroups)
		return -ENOMEM;
	cgroups->fd = -1;
	mountinfo = fopen("/proc/self/mountinfo", "re");
	if (!mountinfo) {
		err = -errno;
		goto failed;
	}
	err = cgroup_find_mount(mountinfo, &cgroups->mount);
	fclose(mountinfo);
	if (err)
		goto failed;
	cgroups->fd = open(cgroups->mount, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (cgroups->fd < 0) {
		err = -errno;
		goto failed;
	}
	if (!is_cgroup2(cgroups->fd)) {
		err = -ENOENT; /* something else is mounted over it */
		goto failed;
	}
	*ret_cgroups = cgroups;
	return 0;
failed:
	cgroups__free(cgroups);
	return err;
}

static void forget(struct cgroups *cgroups, struct cached *cached)
{
	HASH_DEL(cgroups->cache, cached);
	free(cached->path);
	free(cached);
}

void cgroups__free(struct cgroups *cgroups)
{
	if (!cgroups)
		return;
	while (cgroups->cache)
		forget(cgroups, cgroups->cache);
	closep(&cgroups->fd);
	free(cgroups->mount);
	free(cgroups);
}

const char *cgroups__mount(const struct cgroups *cgroups)
{
	return cgroups->mount;
}

/* ---- From name to id ---- */

int cgroups__open(struct cgroups *cgroups, const char *path, int *ret_fd, __u64 *ret_id)
{
	const char *below = path + strspn(path, "/");
	_cleanup_close_ int fd = -1;
	struct stat st;
	int other;

	if (!*path)
		return -ENOENT;
	/* openat() looks below the mount only for a path that is not absolute */
	fd = openat(cgroups->fd, path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (*path == '/' && *below && (fd < 0 ? errno == ENOENT : !is_cgroup2(fd))) {
		/* a directory beside the mount may have the name, such as /docker */
		other = openat(cgroups->fd, below, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
		if (other >= 0) {
			closep(&fd);
			fd = other;
		}
	}
	if (fd < 0)
		return -errno;
	if (!is_cgroup2(fd))
		return -EINVAL;
	if (fstat(fd, &st))
		return -errno;
	*ret_id = st.st_ino; /* kernfs: the inode number is the id, where that has 64 bits */
	*ret_fd = fd;
	fd = -1;
	return 0;
}

/* ---- From id to name ---- */

static int open_id(const struct cgroups *cgroups, __u64 id, int *ret_fd)
{
	union {
		struct file_handle handle;
		unsigned char space[sizeof(struct file_handle) + sizeof(id)];
	} u = { .handle = { .handle_bytes = sizeof(id), .handle_type = FILEID_KERNFS } };
	int fd;

	memcpy(u.space + offsetof(struct file_handle, f_handle), &id, sizeof(id));
	fd = open_by_handle_at(cgroups->fd, &u.handle, O_PATH | O_CLOEXEC);
	if (fd < 0)
		return -errno;
	*ret_fd = fd;
	return 0;
}

static int read_path(const struct cgroups *cgroups, __u64 id, char **ret_path)
{
	size_t mount_len = strlen(cgroups->mount);
	char link[64], target[PATH_MAX], *path;
	_cleanup_close_ int fd = -1;
	ssize_t len;
	int err;

	err = open_id(cgroups, id, &fd);
	if (err)
		return err;
	snprintf(link, sizeof(link), "/proc/self/fd/%d", fd);
	len = readlink(link, target, sizeof(target) - 1);
	if (len < 0)
		return -errno;
	target[len] = '\0';
	/* removed while it was open; a living one whose name ends so would be odd */
	if ((size_t)len >= strlen(DELETED) && !strcmp(target + len - strlen(DELETED), DELETED))
		return -ESTALE;
	if (strncmp(target, cgroups->mount, mount_len) ||
	    (target[mount_len] && target[mount_len] != '/'))
		return -EXDEV;
	path = strdup(target[mount_len] ? target + mount_len : "/");
	if (!path)
		return -ENOMEM;
	*ret_path = path;
	return 0;
}

/* Without memory there is simply nothing remembered. */
static void remember(struct cgroups *cgroups, __u64 id, const char *path)
{
	struct cached *cached;

	if (HASH_COUNT(cgroups->cache) >= MAX_CACHED)
		forget(cgroups, cgroups->cache);
	cached = calloc(1, sizeof(*cached));
	if (!cached)
		return;
	cached->id = id;
	cached->path = strdup(path);
	if (cached->path)
		HASH_ADD(hh, cgroups->cache, id, sizeof(id), cached);
	if (!cached->hh.tbl) {
		free(cached->path);
		free(cached);
	}
}

int cgroups__path(struct cgroups *cgroups, __u64 id, char **ret_path)
{
	struct cached *cached;
	char *path = NULL;
	int err;

	HASH_FIND(hh, cgroups->cache, &id, sizeof(id), cached);
	if (cached) {
		path = strdup(cached->path);
		if (!path)
			return -ENOMEM;
	} else {
		err = read_path(cgroups, id, &path);
		if (err)
			return err;
		remember(cgroups, id, path);
	}
	*ret_path = path;
	return 0;
}

/* ---- Units ---- */

static bool is_unit(const char *name, size_t len)
{
	static const char *const suffixes[] = { ".service", ".scope" };
	size_t i, suffix_len;

	for (i = 0; i < sizeof(suffixes) / sizeof(suffixes[0]); i++) {
		suffix_len = strlen(suffixes[i]);
		if (len > suffix_len && !memcmp(name + len - suffix_len, suffixes[i], suffix_len))
			return true;
	}
	return false;
}

int cgroup_unit(const char *path, char **ret_unit)
{
	const char *unit = NULL;
	size_t unit_len = 0, len;
	char *copy = NULL;

	for (; *path; path += len) {
		path += strspn(path, "/");
		len = strcspn(path, "/");
		if (is_unit(path, len)) {
			unit = path;
			unit_len = len;
		}
	}
	if (unit) {
		copy = strndup(unit, unit_len);
		if (!copy)
			return -ENOMEM;
	}
	*ret_unit = copy;
	return 0;
}
