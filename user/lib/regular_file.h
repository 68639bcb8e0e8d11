/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * regular_file: opens files only if they are regular ones. A FIFO or a device could block,
 * never end, or have an effect by being opened; a directory reads as an empty file.
 * host/files/process_files.h knows where files of other processes are.
 */
#ifndef SOCKLEAK_REGULAR_FILE_H
#define SOCKLEAK_REGULAR_FILE_H

#include <stddef.h>
#include <stdio.h>

/*
 * Open it for reading, in *ret_file (the caller closes it). -EISDIR; -EINVAL: not a regular
 * file; and the errors of open(2).
 */
int regular_file_open(const char *path, FILE **ret_file);

/*
 * Open a file that an earlier run has written, in the same way. Symbolic links are not
 * followed. -EPERM: not a regular file, or neither root's nor this user's; -EFBIG: larger
 * than max_bytes; and the errors of open(2).
 */
int regular_file_open_own(const char *path, size_t max_bytes, FILE **ret_file);

/*
 * Open a stored file, in *ret_fd (the caller closes it). Another user may have put it
 * there, so it is opened only once it is known to be a regular file. -EINVAL: it is not, or
 * the kernel generates it; and the errors of open(2).
 */
int regular_file_open_stored(const char *path, int *ret_fd);
/* The same for what an O_PATH descriptor names; the caller keeps that. */
int regular_file_reopen(int path_fd, int *ret_fd);

#endif /* SOCKLEAK_REGULAR_FILE_H */
