/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * regular_file: opens files if they are regular ones. A FIFO or a device could block, never end,
 * or do things by being opened; a directory reads as an empty file. Where files of other processes
 * are is known to host/files/process_files.h.
 */
#ifndef SOCKLEAK_REGULAR_FILE_H
#define SOCKLEAK_REGULAR_FILE_H

#include <stddef.h>
#include <stdio.h>

/*
 * Open it for reading, in *ret_file (the caller closes it). -EISDIR; -EINVAL: not a regular file;
 * and what open(2) says.
 */
int regular_file_open(const char *path, FILE **ret_file);

/*
 * Open one that an earlier run has written, likewise. No symbolic link
 * is followed. -EPERM: not a regular file, or neither root's nor this user's; -EFBIG: larger than
 * max_bytes; and what open(2) says.
 */
int regular_file_open_own(const char *path, size_t max_bytes, FILE **ret_file);

/*
 * Open one that is stored, in *ret_fd (the caller closes it): what somebody else may have put
 * there is not opened before it is known to be a regular file. -EINVAL: it is none, or one that
 * the kernel makes up; and what open(2) says.
 */
int regular_file_open_stored(const char *path, int *ret_fd);
/* The same of what an O_PATH descriptor names, which stays the caller's. */
int regular_file_reopen(int path_fd, int *ret_fd);

#endif /* SOCKLEAK_REGULAR_FILE_H */
