/* SPDX-License-Identifier: BSD-2-Clause */
#include "host/process.h"

#include <dirent.h>
#include <errno.h>
#include <limits.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "lib/cleanup.h"
#include "lib/proc_file.h"
#include "lib/time.h"

#define PF_EXITING 0x4 /* include/linux/sched.h */

/* /proc answers ENOENT for a pid that does not exist. */
static int process_error(int err)
{
	return err == ENOENT ? -ESRCH : -err;
}

int process_parse_stat(const char *line, struct process_stat *ret_stat)
{
	struct process_stat stat;
	const char *rest;

	/* the comm in parentheses may hold anything, parentheses too: its end is the last one */
	rest = strrchr(line, ')');
	/* proc(5): fields 3 (state), 9 (flags), 20 (num_threads) and 22 (starttime) */
	if (!rest || sscanf(rest + 1,
			    " %c %*s %*s %*s %*s %*s %u %*s %*s %*s %*s %*s %*s %*s %*s %*s %*s"
			    " %ld %*s %llu",
			    &stat.state, &stat.flags, &stat.threads, &stat.start_ticks) != 4)
		return -EPROTO;
	*ret_stat = stat;
	return 0;
}

static int read_stat(pid_t tgid, struct process_stat *ret_stat)
{
	char line[1024];
	ssize_t len = proc_file_read_of(tgid, "stat", line, sizeof(line));

	if (len < 0)
		return (int)len;
	return process_parse_stat(line, ret_stat);
}

int process_exe(pid_t tgid, char **ret_exe)
{
	char link[64], target[PATH_MAX];
	struct process_stat stat;
	ssize_t len;
	char *exe;
	int err;

	snprintf(link, sizeof(link), "/proc/%d/exe", tgid);
	len = readlink(link, target, sizeof(target));
	if (len < 0) {
		if (errno != ENOENT)
			return -errno;
		/* Either there is no such process, or it has no executable. */
		err = read_stat(tgid, &stat);
		return err ? err : -ENOENT;
	}
	exe = strndup(target, len);
	if (!exe)
		return -ENOMEM;
	*ret_exe = exe;
	return 0;
}

int process_start_time(pid_t tgid, __u64 *ret_start_ns)
{
	__u64 ticks_per_s = sysconf(_SC_CLK_TCK);
	struct process_stat stat;
	int err;

	err = read_stat(tgid, &stat);
	if (err)
		return err;
	*ret_start_ns = stat.start_ticks / ticks_per_s * NSEC_PER_SEC +
			stat.start_ticks % ticks_per_s * NSEC_PER_SEC / ticks_per_s;
	return 0;
}

int process_start_code(pid_t tgid, __u64 *ret_start_code)
{
	char line[1024];
	ssize_t len = proc_file_read_of(tgid, "stat", line, sizeof(line));
	unsigned long long start = 0;
	const char *rest;

	if (len < 0)
		return (int)len;
	rest = strrchr(line, ')');
	if (!rest || sscanf(rest + 1,
			    " %*c %*s %*s %*s %*s %*s %*s %*s %*s %*s %*s %*s %*s %*s %*s %*s %*s "
			    "%*s %*s %*s %*s %*s %*s %llu",
			    &start) != 1)
		return -EPROTO;
	if (start <= 1) /* what the kernel writes for those who may not see it */
		return -EACCES;
	*ret_start_code = start;
	return 0;
}

/* A file of /proc/PID as a string, cut; each NUL becomes a blank. */
static int read_process_text(pid_t tgid, const char *name, size_t max, char **ret_text)
{
	_cleanup_free_ char *text = malloc(max + 1);
	ssize_t len;

	if (!text)
		return -ENOMEM;
	len = proc_file_read_of(tgid, name, text, max + 1);
	if (len < 0)
		return (int)len;
	while (len && !text[len - 1])
		len--;
	for (ssize_t i = 0; i < len; i++)
		text[i] = text[i] ?: ' ';
	text[len] = '\0';
	*ret_text = TAKE_PTR(text);
	return 0;
}

#define MAX_MOUNTS 8192 /* some 10 ms */

int process_mount_device(pid_t tgid, __u64 mount, unsigned int *ret_major, unsigned int *ret_minor)
{
	_cleanup_fclose_ FILE *mounts = NULL;
	_cleanup_free_ char *line = NULL;
	unsigned int major, minor;
	unsigned long long number;
	size_t size = 0;
	char path[64];

	snprintf(path, sizeof(path), "/proc/%d/mountinfo", tgid);
	mounts = fopen(path, "re");
	if (!mounts)
		return process_error(errno);
	/* proc(5): the mount's number, its parent's and the device */
	for (unsigned int i = 0; i < MAX_MOUNTS && getline(&line, &size, mounts) > 0; i++)
		if (sscanf(line, "%llu %*u %u:%u", &number, &major, &minor) == 3 &&
		    number == mount) {
			*ret_major = major;
			*ret_minor = minor;
			return 0;
		}
	return -ENOENT;
}

int process_command(pid_t tgid, char **ret_command)
{
	_cleanup_free_ char *command = NULL;
	int err = read_process_text(tgid, "cmdline", PROCESS_COMMAND_MAX, &command);

	if (err)
		return err;
	if (!command[0])
		return -ENOENT;
	*ret_command = TAKE_PTR(command);
	return 0;
}

int process_comm(pid_t tgid, char ret_comm[SOCKLEAK_COMM_LEN])
{
	char text[SOCKLEAK_COMM_LEN + 1];
	ssize_t len = proc_file_read_of(tgid, "comm", text, sizeof(text));

	if (len < 0)
		return (int)len;
	memset(ret_comm, 0, SOCKLEAK_COMM_LEN);
	memcpy(ret_comm, text, len ? (size_t)len - 1 : 0); /* a newline ends it */
	return 0;
}

int process_cgroups(pid_t tgid, char **ret_text)
{
	return read_process_text(tgid, "cgroup", 16384, ret_text);
}

int process_uid(pid_t tgid, uid_t *ret_uid)
{
	char text[1024]; /* the field is one of the first */
	ssize_t len = proc_file_read_of(tgid, "status", text, sizeof(text));
	const char *line;

	if (len < 0)
		return (int)len;
	line = proc_file_field(text, "Uid:");
	return line && sscanf(line, "%u", ret_uid) == 1 ? 0 : -EPROTO;
}

bool process_stat_is_ending(const struct process_stat *stat)
{
	return strchr("ZXx", stat->state) || stat->flags & PF_EXITING;
}

/* Does any of its threads still run? If their list cannot be read, none counts. */
static bool a_thread_runs(pid_t tgid)
{
	const struct dirent *entry;
	char path[64];
	bool runs = false;
	DIR *tasks;

	snprintf(path, sizeof(path), "/proc/%d/task", tgid);
	tasks = opendir(path);
	if (!tasks)
		return false;
	while (!runs && (entry = readdir(tasks))) {
		struct process_stat stat;
		pid_t tid = atoi(entry->d_name); /* 0 of "." and ".." */

		runs = tid && !read_stat(tid, &stat) && !process_stat_is_ending(&stat);
	}
	closedir(tasks);
	return runs;
}

bool process_alive(pid_t tgid)
{
	struct process_stat stat;

	if (read_stat(tgid, &stat))
		return false;
	return !process_stat_is_ending(&stat) || (stat.threads > 1 && a_thread_runs(tgid));
}

bool process_any_alive(const __u32 *tgids, size_t count)
{
	for (size_t i = 0; i < count; i++)
		if (process_alive((pid_t)tgids[i]))
			return true;
	return false;
}

static int count_fds(pid_t tgid, __u64 *ret_count)
{
	const struct dirent *entry;
	char path[64];
	DIR *fds;

	snprintf(path, sizeof(path), "/proc/%d/fd", tgid);
	fds = opendir(path);
	if (!fds)
		return process_error(errno);
	*ret_count = 0;
	while ((entry = readdir(fds)))
		*ret_count += entry->d_name[0] != '.';
	closedir(fds);
	return 0;
}

/* "Max open files  1024  1048576  files": the first is the soft one. */
static int read_fd_limit(pid_t tgid, __u64 *ret_limit)
{
	char text[4096];
	ssize_t len = proc_file_read_of(tgid, "limits", text, sizeof(text));
	unsigned long long limit;
	const char *line;

	if (len < 0)
		return (int)len;
	line = proc_file_field(text, "Max open files");
	if (!line)
		return -EPROTO;
	if (!strncmp(line, "unlimited", strlen("unlimited"))) {
		*ret_limit = UINT64_MAX;
		return 0;
	}
	if (sscanf(line, "%llu", &limit) != 1)
		return -EPROTO;
	*ret_limit = limit;
	return 0;
}

int process_fds(pid_t tgid, __u64 *ret_open, __u64 *ret_limit, bool *ret_counted)
{
	char path[64];
	struct stat stat_of;
	int err = read_fd_limit(tgid, ret_limit);

	if (err)
		return err;
	snprintf(path, sizeof(path), "/proc/%d/fd", tgid);
	if (stat(path, &stat_of))
		return process_error(errno);
	*ret_open = (__u64)stat_of.st_size;
	*ret_counted = !stat_of.st_size; /* 0 before Linux 6.2, and without descriptors */
	if (!*ret_counted)
		return 0;
	err = count_fds(tgid, ret_open);
	if (!err && !*ret_open && !process_alive(tgid))
		err = -ESRCH;
	return err;
}
