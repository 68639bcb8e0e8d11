/* SPDX-License-Identifier: BSD-2-Clause */
#include "host/host_files.h"

#include <errno.h>
#include <stdio.h>

#include "lib/proc_file.h"

int host_files_parse(const char *text, __u64 *ret_open, __u64 *ret_max)
{
	unsigned long long open, free_ones, max;

	/* The second number has been 0 since Linux 2.6. */
	if (sscanf(text, "%llu %llu %llu", &open, &free_ones, &max) != 3)
		return -EPROTO;
	*ret_open = open - (free_ones < open ? free_ones : 0);
	*ret_max = max;
	return 0;
}

int host_files(__u64 *ret_open, __u64 *ret_max)
{
	char text[96];
	ssize_t len = proc_file_read("/proc/sys/fs/file-nr", text, sizeof(text));

	if (len < 0)
		return (int)len;
	return host_files_parse(text, ret_open, ret_max);
}
