/* SPDX-License-Identifier: BSD-2-Clause */
#include "lib/write_all.h"

#include <errno.h>
#include <unistd.h>

int write_all(int fd, const void *data, size_t len, bool (*stops)(void))
{
	const char *at = data;

	while (len) {
		ssize_t written = write(fd, at, len);

		if (written < 0 && errno == EINTR && !(stops && stops()))
			continue;
		if (written < 0)
			return -errno;
		at += written;
		len -= (size_t)written;
	}
	return 0;
}
