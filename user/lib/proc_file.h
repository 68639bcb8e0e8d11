/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * proc_file: the small files of /proc and /sys, which the kernel generates when they are
 * read, as strings. Files of any length, such as /proc/PID/maps, are read elsewhere, line
 * by line.
 */
#ifndef SOCKLEAK_PROC_FILE_H
#define SOCKLEAK_PROC_FILE_H

#include <stddef.h>
#include <sys/types.h>

/* Read the file and add a NUL; at most size - 1 bytes. Returns the number of bytes, or -errno. */
ssize_t proc_file_read(const char *path, char *ret_text, size_t size);
/* The same below a directory. */
ssize_t proc_file_read_at(int directory, const char *path, char *ret_text, size_t size);
/* The same for /proc/PID/NAME. -ESRCH: there is no such process, or it ended meanwhile. */
ssize_t proc_file_read_of(pid_t pid, const char *name, char *ret_text, size_t size);

/*
 * The value of a field, as in "Tgid:\t4242\n": the name begins a line, and blanks after it are
 * skipped. NULL: there is no such line.
 */
const char *proc_file_field(const char *text, const char *name);

#endif /* SOCKLEAK_PROC_FILE_H */
