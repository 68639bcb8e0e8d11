/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * mapping: what a line of /proc/PID/maps says of executable memory. Plain data: modules.h reads
 * it, process_files.h opens its file.
 */
#ifndef SOCKLEAK_MAPPING_H
#define SOCKLEAK_MAPPING_H

#include <linux/types.h>
#include <stdbool.h>
#include <string.h>

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
	/*
	 * It is anonymous memory in the place of a part of this file, as programs have it that copy
	 * their code to large pages. mapping_open() proves that it is a copy.
	 */
	bool replaced;
};

/* Memory that one line of maps tells of, whatever it is for. */
struct memory_range {
	__u64 start, end;
};

/* Is it the mapping of a file? (Not anonymous memory, not the vdso.) */
static inline bool mapping_is_file(const struct mapping *mapping)
{
	return mapping->inode && mapping->path && mapping->path[0] == '/';
}

/*
 * Does it only look like a file? JIT compilers map the same pages twice, to write and to run. An
 * offset in it means nothing elsewhere. The mapping has a path.
 */
static inline bool mapping_is_nameless(const struct mapping *mapping)
{
	return !strncmp(mapping->path, "/memfd:", 7) || !strcmp(mapping->path, "/dev/zero") ||
	       !strncmp(mapping->path, "/SYSV", 5);
}

#endif /* SOCKLEAK_MAPPING_H */
