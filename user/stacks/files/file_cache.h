/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * file_cache: the files that processes have mapped, each opened once however many
 * processes share it. Those used last stay, up to a number of files and of bytes.
 *
 * A file is known by device, inode, size and times, within one mount namespace:
 * debug files are also looked for in a process's root, and a container must not
 * lend its own to others.
 */
#ifndef SOCKLEAK_FILE_CACHE_H
#define SOCKLEAK_FILE_CACHE_H

#include <linux/types.h>
#include <stdbool.h>
#include <stddef.h>

#include "stacks/files/module_symbols.h"

struct file_cache;

/* NULL: no memory. At the end all references must have been given back. */
struct file_cache *file_cache__new(unsigned int max_files, size_t max_bytes);
void file_cache__free(struct file_cache *cache);

/*
 * A reference to the file of a descriptor, which is closed, as it is seen in a
 * mount namespace (its inode). NULL: no memory.
 */
struct module_symbols *file_cache__get(struct file_cache *cache, int fd, __u64 mount_ns);
/* The same of a file that is nothing but these bytes. */
struct module_symbols *file_cache__get_bytes(struct file_cache *cache, const void *bytes,
					     size_t len);
/* Give a reference back. */
void file_cache__put(struct file_cache *cache, struct module_symbols *file);
/* It is being used: it will be among the last to go. */
void file_cache__touch(struct file_cache *cache, const struct module_symbols *file);

/*
 * Bring the cache within its limits: close symbols that are open, then forget
 * files that no one refers to, the least recently used ones first. `keep` (may
 * be NULL) stays as it is. False: what is referred to is too much by itself.
 */
bool file_cache__trim(struct file_cache *cache, const struct module_symbols *keep);

/*
 * A number that changes when names may have: debug files were put in place of
 * a file that had none. They are looked for every two seconds at most.
 */
unsigned int file_cache__generation(struct file_cache *cache);

/* How many files it holds, and the estimate of their bytes (module_symbols_memory()). */
unsigned int file_cache__files(const struct file_cache *cache);
size_t file_cache__bytes(const struct file_cache *cache);

#endif /* SOCKLEAK_FILE_CACHE_H */
