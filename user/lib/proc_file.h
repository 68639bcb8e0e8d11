/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * proc_file: the small files that the kernel makes up as they are read, in /proc and /sys, as
 * strings. What may be of any length, as /proc/PID/maps, is read elsewhere, by lines.
 */
#ifndef SOCKLEAK_PROC_FILE_H
#define SOCKLEAK_PROC_FILE_H

#include <stddef.h>
#include <sys/types.h>

/*
 * The file with a NUL behind it, cut at size - 1 bytes. Returns how many bytes these are, or
 * -errno.
 */
ssize_t proc_file_read(const char *path, char *ret_text, size_t size);
/* The same below a directory. */
ssize_t proc_file_read_at(int directory, const char *path, char *ret_text, size_t size);
/* The same of /proc/PID/NAME. -ESRCH: there is no such process, or it went meanwhile. */
ssize_t proc_file_read_of(pid_t pid, const char *name, char *ret_text, size_t size);

/*
 * What follows the name of a field, as in "Tgid:\t4242\n": the name is the beginning of a
 * line, and blanks behind it are passed over. NULL: there is no such line.
 */
const char *proc_file_field(const char *text, const char *name);

#endif /* SOCKLEAK_PROC_FILE_H */
