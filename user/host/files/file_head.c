/* SPDX-License-Identifier: BSD-2-Clause */
#include "host/files/file_head.h"

#include <errno.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include "lib/cleanup.h"
#include "lib/regular_file.h"

int file_head_read(const char *path, struct file_head *ret_head)
{
	_cleanup_close_ int fd = -1;
	struct stat st;
	ssize_t len;
	int err = regular_file_open_stored(path, &fd);

	if (err)
		return err;
	if (fstat(fd, &st))
		return -errno;
	len = pread(fd, ret_head->bytes, sizeof(ret_head->bytes), 0);
	if (len < 0)
		return -errno;
	ret_head->inode = st.st_ino;
	ret_head->major = major(st.st_dev);
	ret_head->minor = minor(st.st_dev);
	ret_head->len = (__u32)len;
	ret_head->pad = 0;
	return 0;
}
