/* SPDX-License-Identifier: BSD-2-Clause */
#include "host/files/memory_image.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

#include "host/files/process_files.h"
#include "lib/cleanup.h"

#define MAX_IMAGE (32 * 1024 * 1024)
#define MAX_IMAGE_LINES 65536
#define CHUNK 65536

/* Memory of a process that is to be copied, and where it stands in the file. */
struct image_part {
	unsigned long long start, end, offset;
};

/* Is a line of maps a part of the mapping's file, of the same load, that nobody writes to? */
static bool is_part(const char *line, const struct mapping *mapping, __u64 *header,
		    struct image_part *ret_part)
{
	unsigned int major, minor;
	unsigned long long inode;
	char permissions[8];

	if (sscanf(line, "%llx-%llx %7s %llx %x:%x %llu", &ret_part->start, &ret_part->end,
		   permissions, &ret_part->offset, &major, &minor, &inode) != 7 ||
	    inode != mapping->inode || major != mapping->major || minor != mapping->minor)
		return false;
	if (!ret_part->offset)
		*header = ret_part->start;
	return *header == mapping->header && permissions[0] == 'r' && permissions[1] != 'w';
}

static int copy_part(int memory, int fd, const struct image_part *part)
{
	char bytes[CHUNK];

	if (part->offset >= MAX_IMAGE || part->end - part->start > MAX_IMAGE - part->offset)
		return -EINVAL;
	for (__u64 at = 0; at < part->end - part->start;) {
		ssize_t len = pread(memory, bytes, sizeof(bytes), (off_t)(part->start + at));

		if (len <= 0) /* beyond the end of the file */
			return at ? 0 : -EINVAL;
		if ((__u64)len > part->end - part->start - at)
			len = (ssize_t)(part->end - part->start - at);
		if (pwrite(fd, bytes, (size_t)len, (off_t)(part->offset + at)) != len)
			return -EIO;
		at += (__u64)len;
	}
	return 0;
}

static int copy_parts(pid_t tgid, const struct mapping *mapping, FILE *maps, int fd)
{
	_cleanup_close_ int memory = -1;
	_cleanup_free_ char *line = NULL;
	struct image_part part;
	__u64 header = 0;
	size_t size = 0;
	char path[64];
	int err = 0;

	snprintf(path, sizeof(path), "/proc/%d/mem", tgid);
	memory = open(path, O_RDONLY | O_CLOEXEC);
	if (memory < 0)
		return -errno;
	for (unsigned int i = 0; i < MAX_IMAGE_LINES && !err; i++) {
		if (getline(&line, &size, maps) <= 0)
			break;
		if (is_part(line, mapping, &header, &part))
			err = copy_part(memory, fd, &part);
	}
	return err;
}

int process_copy_image(pid_t tgid, const struct mapping *mapping, int *ret_fd)
{
	_cleanup_fclose_ FILE *maps = NULL;
	_cleanup_close_ int fd = -1;
	int maps_fd, err;

	err = mapping_open(tgid, mapping, &fd);
	if (!err)
		return -EINVAL;
	if (err != -EACCES && err != -EPERM)
		return err;
	err = process_open_maps(tgid, &maps_fd);
	if (err)
		return err;
	maps = fdopen(maps_fd, "r");
	if (!maps) {
		close(maps_fd);
		return -ENOMEM;
	}
	fd = memfd_create("sockleak", MFD_CLOEXEC);
	if (fd < 0)
		return -errno;
	err = copy_parts(tgid, mapping, maps, fd);
	if (err)
		return err;
	*ret_fd = TAKE_FD(fd);
	return 0;
}
