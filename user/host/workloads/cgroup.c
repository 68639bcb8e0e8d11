/* SPDX-License-Identifier: BSD-2-Clause */
#include "host/workloads/cgroup.h"

#include <dirent.h>
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

#include "host/workloads/cgroup_mount.h"
#include "lib/cleanup.h"

#define MAX_CACHED 4096
#define MAX_DEPTH 32
#define MAX_PATH 4096
#define FILEID_KERNFS 0xfe /* include/linux/exportfs.h, since Linux 5.5 */
#define DELETED " (deleted)"

struct cached_path {
	__u64 id;
	char *path;
	UT_hash_handle hh;
};

struct cgroups {
	char *mount;
	bool is_part;		   /* of the tree */
	int fd;			   /* of the mount */
	struct cached_path *cache; /* the oldest first, as uthash keeps the order of additions */
};

static bool is_cgroup2(int fd)
{
	struct statfs fs;

	return !fstatfs(fd, &fs) && fs.f_type == CGROUP2_SUPER_MAGIC;
}

int cgroups__new(struct cgroups **ret_cgroups)
{
	struct cgroups *cgroups = calloc(1, sizeof(*cgroups));
	struct cgroup_mount mount;
	int err;

	if (!cgroups)
		return -ENOMEM;
	err = cgroup_mount_open(&mount, &cgroups->fd);
	if (err) {
		free(cgroups);
		return err;
	}
	cgroups->mount = mount.path;
	cgroups->is_part = mount.is_part;
	*ret_cgroups = cgroups;
	return 0;
}

static void forget_path(struct cgroups *cgroups, struct cached_path *cached)
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
		forget_path(cgroups, cgroups->cache);
	if (cgroups->fd >= 0)
		close(cgroups->fd);
	free(cgroups->mount);
	free(cgroups);
}

const char *cgroups__mount(const struct cgroups *cgroups)
{
	return cgroups->mount;
}

bool cgroups__is_part(const struct cgroups *cgroups)
{
	return cgroups->is_part;
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
			if (fd >= 0)
				close(fd);
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

/* ---- All of them ---- */

struct cgroup_walk {
	cgroup_visit_fn visit;
	void *ctx;
	char path[MAX_PATH];
};

/* The cgroups below one whose path is in `walk`; takes the descriptor. */
static void walk_below(struct cgroup_walk *walk, int fd, unsigned int depth)
{
	size_t len = strlen(walk->path);
	DIR *directory = fdopendir(fd);
	struct dirent *entry;
	int child;

	if (!directory) {
		close(fd);
		return;
	}
	while (depth < MAX_DEPTH && (entry = readdir(directory))) {
		size_t name_len = strlen(entry->d_name);

		if (entry->d_type != DT_DIR || entry->d_name[0] == '.' ||
		    len + 1 + name_len >= MAX_PATH)
			continue;
		child = openat(dirfd(directory), entry->d_name,
			       O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
		if (child < 0)
			continue; /* removed meanwhile */
		walk->path[len] = '/';
		memcpy(walk->path + len + 1, entry->d_name, name_len + 1);
		if (walk->visit(walk->path, entry->d_name, child, walk->ctx))
			walk_below(walk, child, depth + 1);
		else
			close(child);
		walk->path[len] = '\0';
	}
	closedir(directory);
}

void cgroups__walk(struct cgroups *cgroups, cgroup_visit_fn visit, void *ctx)
{
	struct cgroup_walk walk = { .visit = visit, .ctx = ctx };
	int fd = openat(cgroups->fd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	if (fd >= 0)
		walk_below(&walk, fd, 0);
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

static int read_cgroup_path(const struct cgroups *cgroups, __u64 id, char **ret_path)
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
	/* It was removed while it was open. (A living one with such a name is not expected.) */
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

/* Without memory it is looked up again the next time. */
static void remember_path(struct cgroups *cgroups, __u64 id, const char *path)
{
	struct cached_path *cached;

	if (HASH_COUNT(cgroups->cache) >= MAX_CACHED)
		forget_path(cgroups, cgroups->cache);
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
	struct cached_path *cached;
	char *path = NULL;
	int err;

	HASH_FIND(hh, cgroups->cache, &id, sizeof(id), cached);
	if (cached) {
		path = strdup(cached->path);
		if (!path)
			return -ENOMEM;
	} else {
		err = read_cgroup_path(cgroups, id, &path);
		if (err)
			return err;
		remember_path(cgroups, id, path);
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
