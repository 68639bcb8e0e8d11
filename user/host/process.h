/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * process: what /proc tells about one process. Each call reads anew; nothing is
 * kept. Pids are those of the pid namespace that /proc shows.
 *
 * A process can vanish at any moment: that is -ESRCH, from every function.
 * -EACCES or -EPERM: another user's process, and CAP_SYS_PTRACE is missing.
 */
#ifndef SOCKLEAK_PROCESS_H
#define SOCKLEAK_PROCESS_H

#include <linux/types.h>
#include <stdbool.h>
#include <sys/types.h>

#include "sockleak.h"

/*
 * The path of its executable as the kernel prints it, including " (deleted)" if the file is
 * gone, in *ret_exe (the caller frees it). -ENOENT: there is none (a kernel thread, a
 * zombie).
 */
int process_exe(pid_t tgid, char **ret_exe);

/*
 * Its start: nanoseconds since boot (CLOCK_BOOTTIME), in the kernel's resolution for it, a
 * clock tick of 10 ms. With the pid it identifies one process for all time. An exec does
 * not change it.
 */
int process_start_time(pid_t tgid, __u64 *ret_start_ns);

/*
 * The address at which the code of its program starts (mm->start_code): field 26 of its stat.
 * -EACCES: it is not shown to us, which takes CAP_SYS_PTRACE.
 */
int process_start_code(pid_t tgid, __u64 *ret_start_code);

/*
 * The device of the file system of one of its mounts, by the number that statx(2) gives: the
 * kernel's own, where stat(2) has another one on btrfs and overlayfs. At most 8,192 mounts are
 * searched. -ENOENT: it does not see that mount. Errors leave the results as they were.
 */
int process_mount_device(pid_t tgid, __u64 mount, unsigned int *ret_major, unsigned int *ret_minor);

/*
 * Its command line: the arguments with a blank after each but the last, cut at
 * PROCESS_COMMAND_MAX bytes, in *ret_command (the caller frees it). The process can
 * have written anything there. -ENOENT: it has none (a kernel thread, a zombie).
 */
#define PROCESS_COMMAND_MAX 1024
int process_command(pid_t tgid, char **ret_command);

/* The name of its main thread; the process may have chosen any bytes but NUL. */
int process_comm(pid_t tgid, char ret_comm[SOCKLEAK_COMM_LEN]);

/* Its /proc/PID/cgroup, cut at 16 KiB, in *ret_text (the caller frees it): see cgroups(7). */
int process_cgroups(pid_t tgid, char **ret_text);

/*
 * Its real user. Not the one that its files in /proc belong to: that is root for a process that
 * does not let itself be dumped, and what such a process does would be put down to root.
 */
int process_uid(pid_t tgid, uid_t *ret_uid);

/*
 * Does it still run? Not if it is a zombie, or about to become one: then its descriptors
 * are closed already. It does run if only its main thread has ended.
 */
bool process_alive(pid_t tgid);
/* Does one of them? */
bool process_any_alive(const __u32 *tgids, size_t count);

/*
 * How many descriptors it has open, and its soft RLIMIT_NOFILE, UINT64_MAX when unlimited.
 * *ret_counted: they were counted one by one, at some 0.3 us each, because the kernel
 * (before Linux 6.2) does not report their number. -ESRCH: it has ended, though nobody may have
 * waited for it.
 */
int process_fds(pid_t tgid, __u64 *ret_open, __u64 *ret_limit, bool *ret_counted);

/* The used fields of /proc/PID/stat. */
struct process_stat {
	char state;
	unsigned int flags; /* PF_*, of include/linux/sched.h in the kernel */
	long threads;
	unsigned long long start_ticks;
};

/* For the tests: from the text of that file (proc(5)). -EPROTO: the text has another form. */
int process_parse_stat(const char *line, struct process_stat *ret_stat);
/* Has the thread ended, or is it exiting? */
bool process_stat_is_ending(const struct process_stat *stat);

#endif /* SOCKLEAK_PROCESS_H */
