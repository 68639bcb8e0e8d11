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

struct mount {
	struct device device;
	char *point, *type; /* in the line; the type is "" when the line has none */
};

/* A line, which is changed. False: it is not one of mountinfo. */
static bool read_mount(char *line, struct mount *ret_mount)
{
	int begin = 0, end = 0;
	char *type;

	/* the mount's number, its parent's, the device, its root there, the mount point */
	if (sscanf(line, "%*u %*u %u:%u %*s %n%*s%n", &ret_mount->device.major,
		   &ret_mount->device.minor, &begin, &end) != 2 ||
	    !end || line[begin] != '/')
		return false;
	type = strstr(line + end, " - "); /* after the options, of which there may be any number */
	ret_mount->type = type ? type + 3 : line + strlen(line);
	ret_mount->type[strcspn(ret_mount->type, " \n")] = '\0';
	ret_mount->point = line + begin;
	line[end] = '\0';
	decode_octal(ret_mount->point);
	return true;
}

int mounts_device_in(FILE *mountinfo, const char *path, struct device *ret_device)
{
	_cleanup_free_ char *line = NULL;
	size_t size = 0, longest = 0;
	struct mount mount;

	for (unsigned int i = 0; i < MAX_MOUNT_LINES && getline(&line, &size, mountinfo) > 0; i++) {
		if (!read_mount(line, &mount))
			continue;
		size_t len = strlen(mount.point);

		/* of two at one place the later one hides the other */
		if (len < longest || !is_below(path, mount.point, len))
			continue;
		longest = len;
		*ret_device = mount.device;
	}
	return longest ? 0 : -ENOENT;
}

static bool is_local(const char *type)
{
	static const char *const types[] = {
		"btrfs", "zfs", "bcachefs", "ubifs", "tmpfs", "ramfs"
	};

	for (size_t i = 0; i < sizeof(types) / sizeof(types[0]); i++)
		if (!strcmp(type, types[i]))
			return true;
	return false;
}

static bool is_system(const char *point)
{
	return !strcmp(point, "/") || !strcmp(point, "/usr");
}

bool mounts_is_vital_in(FILE *mountinfo, struct device device, bool is_own)
{
	_cleanup_free_ char *line = NULL;
	size_t size = 0;
	struct mount mount;

	for (unsigned int i = 0; i < MAX_MOUNT_LINES && getline(&line, &size, mountinfo) > 0; i++)
		if (read_mount(line, &mount) && mount.device.major == device.major &&
		    mount.device.minor == device.minor &&
		    (is_local(mount.type) || (is_own && is_system(mount.point))))
			return true;
	return false;
}

/* Its list of mounts, also if it is this process's. */
static int open_mountinfo(pid_t tgid, bool *ret_is_own, FILE **ret_mountinfo)
{
	struct process_view view;
	char name[64] = "/proc/self/mountinfo";
	int err = process_look(tgid, &view);

	if (err)
		return err;
	if (!view.shares_mounts)
		snprintf(name, sizeof(name), "/proc/%d/mountinfo", tgid);
	*ret_mountinfo = fopen(name, "re");
	if (!*ret_mountinfo)
		return errno == ENOENT ? -ESRCH : -errno;
	*ret_is_own = view.shares_mounts;
	return 0;
}

int mounts_device(pid_t tgid, const char *path, struct device *ret_device)
{
	_cleanup_fclose_ FILE *mountinfo = NULL;
	bool is_own;
	int err = open_mountinfo(tgid, &is_own, &mountinfo);

	return err ? err : mounts_device_in(mountinfo, path, ret_device);
}

bool mounts_is_vital(pid_t tgid, struct device device)
{
	_cleanup_fclose_ FILE *own = fopen("/proc/self/mountinfo", "re"), *its = NULL;
	bool is_own;

	if (!own || mounts_is_vital_in(own, device, /* is_own= */ true))
		return true;
	return !open_mountinfo(tgid, &is_own, &its) && !is_own &&
	       mounts_is_vital_in(its, device, /* is_own= */ false);
}
