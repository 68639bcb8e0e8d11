/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * file_head: the numbers of a file and its first page, by which it is known again: an ELF file has
 * its build id and its program headers there.
 */
#ifndef SOCKLEAK_FILE_HEAD_H
#define SOCKLEAK_FILE_HEAD_H

#include <linux/types.h>

#define FILE_HEAD_MAX 4096

struct file_head {
	__u64 inode;
	__u32 major, minor; /* of its device, as stat(2) has it */
	__u32 len, pad;	    /* bytes that were read */
	char bytes[FILE_HEAD_MAX];
};

/* Reads a stored file at a path of this process. It may block: opener__head() has a child do it. */
int file_head_read(const char *path, struct file_head *ret_head);

/* The same, by whom the caller chooses. */
typedef int (*file_head_fn)(const char *path, struct file_head *ret_head, void *ctx);

#endif /* SOCKLEAK_FILE_HEAD_H */
