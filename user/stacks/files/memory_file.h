/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * memory_file: the ELF file of a mapping made of the process's memory, for one that cannot be
 * opened (memory_image.h). It has no sections, for these are not mapped; its functions are those of
 * .dynsym, and its call frame information that of .eh_frame, both found by program headers.
 */
#ifndef SOCKLEAK_MEMORY_FILE_H
#define SOCKLEAK_MEMORY_FILE_H

#include <linux/types.h>
#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#include "host/files/mapping.h"
#include "stacks/files/file_cache.h"

/* A reference to the file, to be given back to the cache. NULL: it is not to be had. */
struct module_symbols *memory_file_open(struct file_cache *cache, pid_t tgid,
					const struct mapping *mapping);

/*
 * The same of the vdso, which is not a file; its bytes are the same in nearly all processes. The
 * process lives.
 */
struct module_symbols *memory_file_of_vdso(struct file_cache *cache, pid_t tgid,
					   const struct mapping *mapping);

/*
 * Make a file again of what a process has mapped of one: the sections that are not there are
 * forgotten, and the addresses that the dynamic linker has put in are those of the file, which the
 * process has `header` as its start. False: it is not an ELF file of 64 bits. For the tests.
 */
bool memory_file_restore(unsigned char *bytes, size_t len, __u64 header);

#endif /* SOCKLEAK_MEMORY_FILE_H */
