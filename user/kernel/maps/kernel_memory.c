/* SPDX-License-Identifier: BSD-2-Clause */
#include "kernel/maps/kernel_memory.h"

#include <dirent.h>
#include <errno.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "lib/proc_file.h"

/* sockleak has some 20 maps. More than these are not counted, which would be a bug. */
#define MAX_MAPS 128
#define FDINFO_MAX 2048

/* The number behind a name at the begin of a line. */
static bool find_number(const char *text, const char *name, __u64 *ret_number)
{
	const char *field = proc_file_field(text, name);

	if (field)
		*ret_number = strtoull(field, NULL, 10);
	return field;
}

int kernel_map_parse(const char *text, struct kernel_map *ret_map)
{
	__u64 id, bytes, type;

	if (!find_number(text, "map_type:", &type) || !find_number(text, "map_id:", &id) ||
	    !find_number(text, "memlock:", &bytes))
		return -ENOENT;
	*ret_map = (struct kernel_map){ .id = (__u32)id, .bytes = bytes };
	return 0;
}

static int read_map(int directory, const char *name, struct kernel_map *ret_map)
{
	char text[FDINFO_MAX];
	ssize_t len = proc_file_read_at(directory, name, text, sizeof(text));

	if (len < 0)
		return (int)len;
	return kernel_map_parse(text, ret_map);
}

int kernel_memory(__u64 *ret_bytes)
{
	DIR *directory = opendir("/proc/self/fdinfo");
	__u32 known[MAX_MAPS];
	unsigned int count = 0, i;
	struct dirent *entry;
	struct kernel_map map;
	__u64 sum = 0;

	if (!directory)
		return -errno;
	while ((entry = readdir(directory)) && count < MAX_MAPS) {
		if (entry->d_name[0] == '.' || read_map(dirfd(directory), entry->d_name, &map))
			continue;
		for (i = 0; i < count && known[i] != map.id; i++)
			;
		if (i < count)
			continue;
		known[count++] = map.id;
		sum += map.bytes;
	}
	closedir(directory);
	*ret_bytes = sum;
	return 0;
}
