/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * mounts: on which device a path is, without asking its file system: by the list of mounts, which
 * the kernel writes from its own memory. A symbolic link in the path may lead elsewhere.
 */
#ifndef SOCKLEAK_MOUNTS_H
#define SOCKLEAK_MOUNTS_H

#include <linux/types.h>
#include <stdbool.h>
#include <stdio.h>
#include <sys/types.h>

struct device {
	__u32 major, minor;
};

/*
 * The device of an absolute path as a process sees it (process_open_path()). -ENOENT: no mount of
 * the first 8,192 has it; -ESRCH.
 */
int mounts_device(pid_t tgid, const char *path, struct device *ret_device);

/* The same from any text in the format of /proc/PID/mountinfo (proc(5)). */
int mounts_device_in(FILE *mountinfo, const char *path, struct device *ret_device);

/*
 * Must a device never be taken for dead? True of what this process has at / or /usr, for most of
 * the host is on it, and of a local file system, which can only be slow; so says this process's
 * list of mounts, or that of a process that has others. True also if its own cannot be read.
 */
bool mounts_is_vital(pid_t tgid, struct device device);
/* The same from any text. Not `is_own`: what is at / or /usr counts for nothing. */
bool mounts_is_vital_in(FILE *mountinfo, struct device device, bool is_own);

#endif /* SOCKLEAK_MOUNTS_H */
