/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * regular_file: opens files that a user names, or that sockleak wrote itself, if they are regular
 * files. A FIFO or a device could block, or never end; a directory reads as an empty file.
 * Files of other processes are opened by host/files/process_files.h.
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

#endif /* SOCKLEAK_REGULAR_FILE_H */
