/* SPDX-License-Identifier: BSD-2-Clause */
#include "host/files/mounts.h"

#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "host/files/process_files.h"
#include "lib/cleanup.h"

#define MAX_MOUNT_LINES 8192 /* some 10 ms */

/* The kernel writes blank, tab, newline and backslash in a name as three octal digits. */
static void decode_octal(char *name)
{
	char *to = name;

	while (*name) {
		if (name[0] == '\\' && strspn(name + 1, "01234567") >= 3) {
			*to++ = (char)((name[1] - '0') * 64 + (name[2] - '0') * 8 + name[3] - '0');
			name += 4;
		} else {
			*to++ = *name++;
		}
	}
	*to = '\0';
}

static bool is_below(const char *path, const char *directory, size_t len)
{
	if (len == 1) /* the root */
		return path[0] == '/';
	return !strncmp(path, directory, len) && (path[len] == '/' || !path[len]);
}

int mounts_device_in(FILE *mountinfo, const char *path, struct device *ret_device)
{
	_cleanup_free_ char *line = NULL;
	size_t size = 0, longest = 0;
	struct device device;
	int begin, end;

	for (unsigned int i = 0; i < MAX_MOUNT_LINES && getline(&line, &size, mountinfo) > 0; i++) {
		begin = end = 0;
		/* the mount's number, its parent's, the device, its root there, the mount point */
		if (sscanf(line, "%*u %*u %u:%u %*s %n%*s%n", &device.major, &device.minor, &begin,
			   &end) != 2 ||
		    !end)
			continue;
		line[end] = '\0';
		decode_octal(line + begin);
		size_t len = strlen(line + begin);

		/* of two at one place the later one hides the other */
		if (len < longest || !is_below(path, line + begin, len))
			continue;
		longest = len;
		*ret_device = device;
	}
	return longest ? 0 : -ENOENT;
}

int mounts_device(pid_t tgid, const char *path, struct device *ret_device)
{
	_cleanup_fclose_ FILE *mountinfo = NULL;
	struct process_view view;
	char name[64] = "/proc/self/mountinfo";
	int err = process_look(tgid, &view);

	if (err)
		return err;
	if (!view.shares_mounts)
		snprintf(name, sizeof(name), "/proc/%d/mountinfo", tgid);
	mountinfo = fopen(name, "re");
	if (!mountinfo)
		return errno == ENOENT ? -ESRCH : -errno;
	return mounts_device_in(mountinfo, path, ret_device);
}
