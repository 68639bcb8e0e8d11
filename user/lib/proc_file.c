/* SPDX-License-Identifier: BSD-2-Clause */
#include "lib/proc_file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "lib/cleanup.h"

ssize_t proc_file_read_at(int directory, const char *path, char *ret_text, size_t size)
{
	_cleanup_close_ int fd = openat(directory, path, O_RDONLY | O_CLOEXEC);
	size_t len = 0;
	ssize_t got;

	if (fd < 0)
		return -errno;
	while (len < size - 1) {
		got = read(fd, ret_text + len, size - 1 - len);
		if (got < 0 && errno == EINTR)
			continue;
		if (got < 0)
			return -errno;
		if (!got)
			break;
		len += (size_t)got;
	}
	ret_text[len] = '\0';
	return (ssize_t)len;
}

ssize_t proc_file_read(const char *path, char *ret_text, size_t size)
{
	return proc_file_read_at(AT_FDCWD, path, ret_text, size);
}

/* /proc answers ENOENT for a pid that does not exist, ESRCH for one that ended during the read. */
ssize_t proc_file_read_of(pid_t pid, const char *name, char *ret_text, size_t size)
{
	char path[64];
	ssize_t len;

	snprintf(path, sizeof(path), "/proc/%d/%s", (int)pid, name);
	len = proc_file_read(path, ret_text, size);
	return len == -ENOENT ? -ESRCH : len;
}

const char *proc_file_field(const char *text, const char *name)
{
	size_t len = strlen(name);

	while (text && strncmp(text, name, len)) {
		text = strchr(text, '\n');
		if (text)
			text++;
	}
	return text ? text + len + strspn(text + len, " \t") : NULL;
}
