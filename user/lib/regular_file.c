/* SPDX-License-Identifier: BSD-2-Clause */
#include "lib/regular_file.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

/* Opening a FIFO does not wait, and a terminal does not become ours. */
#define OPEN_FLAGS (O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK)

static int check(int fd)
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

/* A descriptor that was checked becomes a file; else it is closed. */
static int as_file(int fd, int err, FILE **ret_file)
{
	FILE *file = err ? NULL : fdopen(fd, "r");

	if (!file) {
		err = err ? err : -errno;
		close(fd);
		return err;
	}
	*ret_file = file;
	return 0;
}

int regular_file_open(const char *path, FILE **ret_file)
{
	int fd = open(path, OPEN_FLAGS);

	if (fd < 0)
		return -errno;
	return as_file(fd, check(fd), ret_file);
}

int regular_file_open_own(const char *path, size_t max_bytes, FILE **ret_file)
{
	int fd = open(path, OPEN_FLAGS | O_NOFOLLOW);

	if (fd < 0)
		return errno == ELOOP ? -EPERM : -errno;
	return as_file(fd, check_own(fd, max_bytes), ret_file);
}
