/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * process_files: opens what belongs to other processes: their maps, the files they have
 * mapped, files as they see them. Stacks and packages need privileges only for this. It
 * parses nothing but the first page of a file, for its build id. The code that does parse
 * runs in a process without privileges (resolver.h) and reaches this module through
 * access.h.
 *
 * Everything here is another user's input to a privileged opener. An open never blocks, has
 * no side effect (a FIFO, a device, or a file of procfs and the like is detected before it
 * is opened), and never leaves the root of a process that lives in another mount namespace.
 * Files are opened read-only; the caller closes the descriptors.
 *
 * -ESRCH: the process is gone. -EACCES or -EPERM: needs CAP_SYS_PTRACE.
 */
#ifndef SOCKLEAK_PROCESS_FILES_H
#define SOCKLEAK_PROCESS_FILES_H

#include <linux/types.h>
#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#include "host/files/mapping.h"

/* Identifies a process, and its view of files. */
struct process_view {
	__u64 start_ns;	    /* since boot; with the pid it names one process for all time */
	__u64 mount_ns;	    /* inode of its mount namespace, 0 = not known */
	__u8 shares_mounts; /* it has our namespace: its paths are ours */
	__u8 pad[7];
};
int process_look(pid_t tgid, struct process_view *ret_view);

/* Its /proc/PID/maps. The kernel checks permissions at this open, not at the reads. */
int process_open_maps(pid_t tgid, int *ret_fd);

/* Its memory, to be read only. The kernel checks permissions at this open, not at the reads. */
int process_open_memory(pid_t tgid, int *ret_fd);

/*
 * Open the file of a mapping read-only, in *ret_fd (the caller closes it): by
 * /proc/PID/map_files, which always is the mapped file, but needs CAP_CHECKPOINT_RESTORE;
 * otherwise by its path in the process's view, if it is still the same file. If the mapping was
 * replaced, pages from all over it must be equal to the file's. -ENOENT: not a file. -ESTALE:
 * another file is at its path, or other memory in its place. -ESRCH, -EACCES, -EPERM and the
 * errors of open(2).
 */
int mapping_open(pid_t tgid, const struct mapping *mapping, int *ret_fd);

/*
 * The same after the process is gone, if it had the same paths as we: by its path, if
 * device and inode are the mapped ones. -ENOENT, -ESTALE and the errors of open(2).
 */
int mapping_open_orphan(const struct mapping *mapping, int *ret_fd);

/*
 * Open a regular file read-only by an absolute path as a process sees it: within its root
 * if it lives in another mount namespace (symbolic links included), otherwise as we see it,
 * which is also how the kernel writes paths in its maps. -EINVAL: not a regular file, or
 * not a stored one.
 */
int process_open_path(pid_t tgid, const char *path, int *ret_fd);

/* Its root directory, as a place to look up paths from (O_PATH). */
int process_open_root(pid_t tgid, int *ret_fd);

/*
 * Its map of JIT code: /tmp/perf-PID.map with the pid that it sees itself as, in the root
 * it sees. -EPERM: it belongs to neither the process's user nor root, or has a second name.
 * -EINVAL: a symbolic link, or not a regular file.
 */
int process_open_perf_map(pid_t tgid, int *ret_fd);

/*
 * A copy of its vdso, len bytes from `start`, 64 KiB at most, as a file in memory, because
 * no file has it. -EACCES: its vdso is not there, and other memory must not be read.
 * -EINVAL: too long, or not all of it is there.
 */
int process_copy_vdso(pid_t tgid, __u64 start, __u64 len, int *ret_fd);

/*
 * For the tests: the build id within the first bytes of an ELF file (linkers put it right
 * behind the program headers), and its length. NULL: it is not there, or not a 64-bit ELF
 * file.
 */
const void *process_files_build_id(const char *bytes, size_t len, size_t *ret_len);

#endif /* SOCKLEAK_PROCESS_FILES_H */
