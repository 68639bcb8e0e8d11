/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * mapping: what a line of /proc/PID/maps says of executable memory. Plain data: modules.h reads
 * it, process_files.h opens its file.
 */
#ifndef SOCKLEAK_MAPPING_H
#define SOCKLEAK_MAPPING_H

#include <linux/types.h>
#include <stdbool.h>

/* One executable mapping. */
struct mapping {
	__u64 start, end; /* addresses; end is the first one behind it */
	__u64 offset;	  /* of start in the file, bytes */
	__u64 inode;	  /* 0 = no file */
	__u64 header;	  /* address of the file's start; 0 = it is not mapped */
	/*
	 * The kernel's text, without its " (deleted)" and with its \012 decoded;
	 * "[vdso]" and "[vsyscall]"; NULL = anonymous memory (JIT code). Belongs to
	 * the struct modules.
	 */
	char *path;
	unsigned int major, minor; /* of the file's device */
	bool deleted;		   /* the file has no name any more */
};

/* Is it the mapping of a file? (Not anonymous memory, not the vdso.) */
static inline bool mapping_is_file(const struct mapping *mapping)
{
	return mapping->inode && mapping->path && mapping->path[0] == '/';
}

#endif /* SOCKLEAK_MAPPING_H */
