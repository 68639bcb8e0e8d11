/* SPDX-License-Identifier: BSD-2-Clause */
#include "kernel/hooks/tracefs.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/vfs.h>
#include <unistd.h>

#include <linux/capability.h>
#include <linux/magic.h>
#include <linux/mount.h>
#include <linux/perf_event.h>

#include "host/rights.h"
#include "lib/proc_file.h"

#define PARANOID "/proc/sys/kernel/perf_event_paranoid"
#define MAX_PARANOID 2 /* Linux' own highest level; above that stand those of distributions */

int mount_privately(const char *type)
{
	int context, mount, err;

	context = (int)syscall(SYS_fsopen, type, FSOPEN_CLOEXEC);
	if (context < 0)
		return -errno;
	mount = syscall(SYS_fsconfig, context, FSCONFIG_CMD_CREATE, NULL, NULL, 0) ?
			-1 :
			(int)syscall(SYS_fsmount, context, FSMOUNT_CLOEXEC, 0);
	err = errno;
	close(context);
	return mount < 0 ? -err : mount;
}

int tracefs_open(void)
{
	static const char *const places[] = { "/sys/kernel/tracing", "/sys/kernel/debug/tracing" };
	struct statfs fs;

	for (size_t i = 0; i < sizeof(places) / sizeof(places[0]); i++) {
		int fd = open(places[i], O_RDONLY | O_DIRECTORY | O_CLOEXEC);

		if (fd < 0)
			continue;
		if (!fstatfs(fd, &fs) && fs.f_type == TRACEFS_MAGIC)
			return fd;
		close(fd);
	}
	return mount_privately("tracefs");
}

/* The number of a tracepoint, as perf_event_attr.config wants it, or -errno. */
static int event_id(int tracefs_fd, const char *category, const char *event)
{
	char path[256], text[16];
	ssize_t len;
	long id;

	if (snprintf(path, sizeof(path), "events/%s/%s/id", category, event) >= (int)sizeof(path))
		return -ENAMETOOLONG;
	len = proc_file_read_at(tracefs_fd, path, text, sizeof(text));
	if (len < 0)
		return (int)len;
	id = strtol(text, NULL, 10);
	return id > 0 && id <= INT_MAX ? (int)id : -EPROTO;
}

int tracefs_event_open(int tracefs_fd, const char *category, const char *event)
{
	/* Disabled until a program is attached: it counts nothing that anybody reads. */
	struct perf_event_attr attr = { .type = PERF_TYPE_TRACEPOINT,
					.size = sizeof(attr),
					.disabled = 1 };
	int id = event_id(tracefs_fd, category, event), fd;

	if (id < 0)
		return id;
	attr.config = (__u64)id;
	/* A program sees its tracepoint on all processors, whichever the event is on. */
	fd = (int)syscall(SYS_perf_event_open, &attr, -1, 0, -1, PERF_FLAG_FD_CLOEXEC);
	return fd < 0 ? -errno : fd;
}

static bool is_forbidden(int err)
{
	return err == -EPERM || err == -EACCES;
}

long tracefs_paranoid(void)
{
	char text[16];

	if (proc_file_read(PARANOID, text, sizeof(text)) < 0)
		return 0;
	return strtol(text, NULL, 10);
}

bool tracefs_may_refuse(long level, unsigned long long capabilities)
{
	return level > MAX_PARANOID && !(capabilities & 1ULL << CAP_SYS_ADMIN);
}

static void add_mount_refusal(struct text *cause, struct text *remedy, int err)
{
	text_addf(cause, "no tracefs: %s", strerror(-err));
	if (is_forbidden(err))
		text_add(remedy, "add CAP_DAC_READ_SEARCH, or run it as root");
	else
		text_add(remedy, "mount -t tracefs nodev /sys/kernel/tracing");
}

void tracefs_add_refusal(struct text *cause, struct text *remedy, int tracefs_err, int event_err)
{
	long level = tracefs_paranoid();

	if (tracefs_err < 0) {
		add_mount_refusal(cause, remedy, tracefs_err);
		return;
	}
	if (is_forbidden(event_err) && tracefs_may_refuse(level, rights_effective())) {
		text_addf(cause,
			  "kernel.perf_event_paranoid is %ld, so this kernel asks for "
			  "CAP_SYS_ADMIN to open one",
			  level);
		text_addf(remedy,
			  "add it, the agent gives it up once they are open; or sysctl "
			  "kernel.perf_event_paranoid=%d",
			  MAX_PARANOID);
		return;
	}
	text_addf(cause, "perf_event_open: %s", strerror(-event_err));
	if (is_forbidden(event_err))
		text_add(remedy, "add CAP_PERFMON, and allow the call where a seccomp profile "
				 "forbids it");
	else
		text_add(remedy, "the kernel lacks the system call tracepoints");
}
