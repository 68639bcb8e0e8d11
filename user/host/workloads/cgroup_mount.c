/* SPDX-License-Identifier: BSD-2-Clause */
#include "host/workloads/cgroup_mount.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/magic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <unistd.h>

/* Among mounts of the same part of the tree the usual place comes first. */
enum place { PLACE_OTHER, PLACE_UNIFIED, PLACE_USUAL, PLACES };

#define RANK_PART 0
#define RANK_WHOLE 1

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
 * How much of the tree a mount shows. Seen from a cgroup namespace, the part above its root
 * is "/../..": the more steps up, the more it shows.
 */
static unsigned int rank_of_root(const char *root)
{
	const char *rest = root;
	unsigned int up = 0;

	for (; !strncmp(rest, "/..", 3) && (rest[3] == '/' || !rest[3]); rest += 3)
		up++;
	if (up && !*rest)
		return RANK_WHOLE + up;
	return strcmp(root, "/") ? RANK_PART : RANK_WHOLE;
}

static enum place mount_place(const char *path)
{
	if (!strcmp(path, "/sys/fs/cgroup"))
		return PLACE_USUAL;
	return strcmp(path, "/sys/fs/cgroup/unified") ? PLACE_OTHER : PLACE_UNIFIED;
}

/* Split one line, in place: its path stays there. False: not a cgroup2 mount. */
static bool parse_mountinfo(char *line, struct cgroup_mount *ret_mount)
{
	char *separator = strstr(line, " - "), *save, *field = NULL, *root = NULL, *end;

	if (!separator || strncmp(separator + 3, "cgroup2 ", 8))
		return false;
	*separator = '\0';
	for (int i = 0; i < 5; i++) {
		field = strtok_r(i ? NULL : line, " ", &save);
		if (!field)
			return false;
		if (i == 0)
			ret_mount->id = (int)strtol(field, &end, 10);
		if (i == 3)
			root = field;
	}
	unescape(root);
	unescape(field);
	ret_mount->path = field;
	ret_mount->rank = rank_of_root(root) * PLACES + mount_place(field);
	ret_mount->is_part = ret_mount->rank < RANK_WHOLE * PLACES;
	return true;
}

static int best_first(const void *a, const void *b)
{
	const struct cgroup_mount *x = a, *y = b;

	if (x->rank != y->rank)
		return x->rank < y->rank ? 1 : -1;
	return x->number < y->number ? -1 : 1;
}

void cgroup_mounts_free(struct cgroup_mount *mounts, size_t count)
{
	for (size_t i = 0; i < count; i++)
		free(mounts[i].path);
	free(mounts);
}

/* A copy of the mount, with a path of its own, behind the others. */
static int add_mount(const struct cgroup_mount *mount, struct cgroup_mount **mounts, size_t *count)
{
	struct cgroup_mount *bigger = reallocarray(*mounts, *count + 1, sizeof(*bigger));

	if (!bigger)
		return -ENOMEM;
	*mounts = bigger;
	bigger[*count] = *mount;
	bigger[*count].number = *count;
	bigger[*count].path = strdup(mount->path);
	if (!bigger[*count].path)
		return -ENOMEM;
	++*count;
	return 0;
}

int cgroup_mounts_read(FILE *mountinfo, struct cgroup_mount **ret_mounts, size_t *ret_count)
{
	struct cgroup_mount *mounts = NULL, mount = { 0 };
	size_t count = 0, size = 0;
	char *line = NULL;
	int err = 0;

	while (!err && getline(&line, &size, mountinfo) >= 0)
		if (parse_mountinfo(line, &mount))
			err = add_mount(&mount, &mounts, &count);
	free(line);
	if (!err && !count)
		err = -ENOENT;
	if (err) {
		cgroup_mounts_free(mounts, count);
		return err;
	}
	qsort(mounts, count, sizeof(*mounts), best_first);
	*ret_mounts = mounts;
	*ret_count = count;
	return 0;
}

/* Does the path lead to this mount, or is something else mounted over it? */
static bool is_mount(int fd, const struct cgroup_mount *mount)
{
	struct statx status = { 0 };
	struct statfs fs;

	if (fstatfs(fd, &fs) || fs.f_type != CGROUP2_SUPER_MAGIC)
		return false;
	/* Before Linux 5.8 statx() does not report the mount. */
	return statx(fd, "", AT_EMPTY_PATH, STATX_MNT_ID, &status) ||
	       !(status.stx_mask & STATX_MNT_ID) || status.stx_mnt_id == (__u64)mount->id;
}

int cgroup_mount_open(struct cgroup_mount *ret_mount, int *ret_fd)
{
	FILE *mountinfo = fopen("/proc/self/mountinfo", "re");
	struct cgroup_mount *mounts = NULL;
	size_t count = 0;
	int err, fd = -1;

	if (!mountinfo)
		return -errno;
	err = cgroup_mounts_read(mountinfo, &mounts, &count);
	fclose(mountinfo);
	if (err)
		return err;
	err = -ENOENT;
	for (size_t i = 0; i < count && err; i++) {
		fd = open(mounts[i].path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
		if (fd >= 0 && is_mount(fd, &mounts[i])) {
			*ret_mount = mounts[i];
			*ret_fd = fd;
			mounts[i].path = NULL;
			err = 0;
		} else if (fd >= 0) {
			close(fd);
		}
	}
	cgroup_mounts_free(mounts, count);
	return err;
}
