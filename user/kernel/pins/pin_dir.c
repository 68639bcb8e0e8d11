/* SPDX-License-Identifier: BSD-2-Clause */
#include "kernel/pins/pin_dir.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/magic.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <unistd.h>

#define DIR_MODE 0700

static bool on_bpffs(int fd)
{
	struct statfs fs;

	return !fstatfs(fd, &fs) && (unsigned long)fs.f_type == BPF_FS_MAGIC;
}

int pin_dir_refuse(const char *path, int err, const char *why, struct text *error)
{
	text_add(error, "cannot use --pin ");
	text_add_clean(error, path, strlen(path));
	text_addf(error, ": %s", why);
	return err;
}

int pin_dir_refuse_errno(const char *path, int err, struct text *error)
{
	pin_dir_refuse(path, err, strerror(-err), error);
	if (err == -EROFS)
		text_add(error, " (mount it to be written to; in a unit ReadWritePaths= of that "
				"very directory)");
	else if (err == -EACCES || err == -EPERM)
		text_add(error, " (as root: install -d -m 700 -o USER, with sockleak's user)");
	return err;
}

static int not_on_bpffs(const char *path, struct text *error)
{
	return pin_dir_refuse(
		path, -EINVAL,
		"it is not on a bpffs (mount -t bpf bpf /sys/fs/bpf, and use a directory "
		"there, such as /sys/fs/bpf/sockleak)",
		error);
}

/* The directory in which it is to be made; -errno. */
static int open_parent(const char *path)
{
	char *parent = strdup(path), *slash = parent ? strrchr(parent, '/') : NULL;
	const char *where = slash == parent ? "/" : ".";
	int fd;

	if (!parent)
		return -ENOMEM;
	if (slash && slash != parent) {
		*slash = '\0';
		where = parent;
	}
	fd = open(where, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fd < 0)
		fd = -errno;
	free(parent);
	return fd;
}

/* An open directory on a bpffs, made when it is not there. */
static int open_dir(const char *path, struct text *error)
{
	const int flags = O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC;
	int fd = open(path, flags), parent, err = fd < 0 ? -errno : 0;

	if (err == -ENOENT) {
		parent = open_parent(path);
		if (parent < 0)
			return parent == -ENOENT ?
				       pin_dir_refuse(
					       path, parent,
					       "its parent directory does not exist (create it)",
					       error) :
				       pin_dir_refuse_errno(path, parent, error);
		if (!on_bpffs(parent)) {
			close(parent);
			return not_on_bpffs(path, error);
		}
		close(parent);
		err = mkdir(path, DIR_MODE) && errno != EEXIST ? -errno : 0;
		if (!err) {
			fd = open(path, flags);
			err = fd < 0 ? -errno : 0;
		}
	}
	if (err == -ENOTDIR || err == -ELOOP)
		return pin_dir_refuse(path, err,
				      "not a directory, or a symbolic link (give its path)", error);
	if (err)
		return pin_dir_refuse_errno(path, err, error);
	if (!on_bpffs(fd)) {
		close(fd);
		return not_on_bpffs(path, error);
	}
	return fd;
}

/* Nobody else may read what was on stacks, or put maps here. */
static int check_private(const char *path, int fd, struct text *error)
{
	struct stat dir;

	if (fstat(fd, &dir))
		return pin_dir_refuse_errno(path, -errno, error);
	if (dir.st_uid != geteuid())
		return pin_dir_refuse(path, -EPERM, "it belongs to another user (chown it)", error);
	if (dir.st_mode & 077)
		return pin_dir_refuse(path, -EPERM, "other users may read it (chmod 700 it)",
				      error);
	return 0;
}

int pin_dir_open(const char *path, struct text *ret_error)
{
	int fd = open_dir(path, ret_error);
	int err = fd < 0 ? fd : check_private(path, fd, ret_error);

	if (!err)
		return fd;
	if (fd >= 0)
		close(fd);
	return err;
}

int pin_dir_check(const char *path, struct text *ret_error)
{
	int fd = open(path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC), parent, err;

	if (fd < 0 && errno == ENOENT) { /* the agent would make it */
		parent = open_parent(path);
		if (parent < 0)
			return pin_dir_refuse_errno(path, parent, ret_error);
		err = !on_bpffs(parent) ? not_on_bpffs(path, ret_error) :
		      faccessat(parent, ".", W_OK | X_OK, AT_EACCESS) ?
					  pin_dir_refuse_errno(path, -errno, ret_error) :
					  0;
		close(parent);
		return err;
	}
	if (fd >= 0)
		close(fd);
	fd = pin_dir_open(path, ret_error); /* it is there: nothing is made */
	if (fd < 0)
		return fd;
	err = faccessat(fd, ".", W_OK | X_OK, AT_EACCESS) ?
		      pin_dir_refuse_errno(path, -errno, ret_error) :
		      0;
	close(fd);
	return err;
}
