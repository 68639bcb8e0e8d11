/* SPDX-License-Identifier: BSD-2-Clause */
#include "lib/regular_file.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/magic.h>
#include <stdbool.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <unistd.h>

#include "lib/cleanup.h"

/* Opening a FIFO does not wait, and a terminal does not become this process's. */
#define OPEN_FLAGS (O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK)

static int check_regular(int fd)
{
	struct stat status;

	if (fstat(fd, &status))
		return -errno;
	if (S_ISDIR(status.st_mode))
		return -EISDIR;
	return S_ISREG(status.st_mode) ? 0 : -EINVAL;
}

static int check_own(int fd, size_t max_bytes)
{
	struct stat status;

	if (fstat(fd, &status))
		return -errno;
	if (!S_ISREG(status.st_mode) || (status.st_uid && status.st_uid != geteuid()))
		return -EPERM;
	return (size_t)status.st_size > max_bytes ? -EFBIG : 0;
}

/* A descriptor becomes a file, which has it then. */
static int as_file(int *fd, FILE **ret_file)
{
	FILE *file = fdopen(*fd, "r");

	if (!file)
		return -errno;
	*fd = -1;
	*ret_file = file;
	return 0;
}

int regular_file_open(const char *path, FILE **ret_file)
{
	_cleanup_close_ int fd = open(path, OPEN_FLAGS);
	int err;

	if (fd < 0)
		return -errno;
	err = check_regular(fd);
	if (err)
		return err;
	return as_file(&fd, ret_file);
}

int regular_file_open_own(const char *path, size_t max_bytes, FILE **ret_file)
{
	_cleanup_close_ int fd = open(path, OPEN_FLAGS | O_NOFOLLOW);
	int err;

	if (fd < 0)
		return errno == ELOOP ? -EPERM : -errno;
	err = check_own(fd, max_bytes);
	if (err)
		return err;
	return as_file(&fd, ret_file);
}

/* ---- Descriptors ---- */

/*
 * Does the kernel generate it when it is read? Such files claim to be regular, but reading
 * /proc/kmsg or a trace_pipe takes away what others wait for.
 */
static bool is_made_up(int path_fd)
{
	static const unsigned int magics[] = { PROC_SUPER_MAGIC, SYSFS_MAGIC,	   DEBUGFS_MAGIC,
					       TRACEFS_MAGIC,	 SECURITYFS_MAGIC, BPF_FS_MAGIC,
					       SELINUX_MAGIC,	 EFIVARFS_MAGIC };
	struct statfs fs;

	if (fstatfs(path_fd, &fs))
		return true;
	for (size_t i = 0; i < sizeof(magics) / sizeof(magics[0]); i++)
		if ((unsigned int)fs.f_type == magics[i])
			return true;
	return false;
}

int regular_file_reopen(int path_fd, int *ret_fd)
{
	char link[64];
	struct stat st;
	int fd;

	if (fstat(path_fd, &st))
		return -errno;
	if (!S_ISREG(st.st_mode) || is_made_up(path_fd))
		return -EINVAL;
	snprintf(link, sizeof(link), "/proc/self/fd/%d", path_fd);
	fd = open(link, OPEN_FLAGS);
	if (fd < 0)
		return -errno;
	*ret_fd = fd;
	return 0;
}

int regular_file_open_stored(const char *path, int *ret_fd)
{
	_cleanup_close_ int fd = open(path, O_PATH | O_CLOEXEC);

	if (fd < 0)
		return -errno;
	return regular_file_reopen(fd, ret_fd);
}
