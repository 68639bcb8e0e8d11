/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * image: what is known of processes: their mappings, the files of those mappings
 * that were in a stack, the names of their JIT code, the stacks that were
 * resolved. Knows nothing of how a stack is put together.
 *
 * Held are the 64 processes asked for last (fewer when their mappings are together more than
 * 131,072), 32 stacks each. Mappings that are older than a second are read again before they are
 * used; what they were before their last change is kept beside them. A process that has ended is
 * kept as long as its place is not needed.
 *
 * Files are shared by all processes that map them (file_cache.h): 256 files, and
 * symbols and debug information of 64 MiB by estimate. Maps of JIT code take
 * 64 MiB at most, beside the one in use.
 */
#ifndef SOCKLEAK_IMAGE_H
#define SOCKLEAK_IMAGE_H

#include <elfutils/libdwfl.h>
#include <sys/types.h>

#include "host/files/modules.h"
#include "stacks/files/module_symbols.h"
#include "stacks/known_stacks.h"

struct images;
/* One process; an exec makes it another. Valid until the next images__find(). */
struct image;

/* NULL: no memory. */
struct images *images__new(void);
void images__free(struct images *images);

/*
 * The mappings that a process has now, or last had. -ENOMEM; any other error: nothing can be said
 * about it. For a process that is gone, one of the same pid before it may be found: its addresses
 * then seldom fit (ASLR), and the stack is cut.
 */
int images__find(struct images *images, pid_t tgid, struct image **ret_image);

/*
 * A stack has led out of what the process has mapped: it may have mapped more since. True:
 * images__find() reads that once more, however fresh it is. False: the process is gone, or what is
 * known was read 10 ms ago at most. That time doubles with each doubt that was for nothing, within
 * one second.
 */
bool image_doubt(struct image *image);

/*
 * The same process as it was before it last mapped, unmapped or executed something, as far
 * as that was seen. NULL: not known. Valid as long as the image.
 */
struct image *image_before(const struct image *image);

/* All that it has mapped as code, and the files of it. Valid as long as the image. */
const struct modules *image_modules(const struct image *image);

/* The mapping that holds an address; NULL = none: it is not code. */
const struct mapping *image_mapping(const struct image *image, __u64 address);

/*
 * The file of a mapping, or the vdso, and where it has it. NULL: it cannot be
 * opened, is not an ELF file, was overwritten while the process had it mapped, its headers do not
 * explain the mapping, or no memory.
 * Valid as long as the image.
 */
struct module_symbols *image_file(struct images *images, struct image *image,
				  const struct mapping *mapping, __u64 *ret_bias);

/* Was the file of a mapping that image_file() was asked for overwritten? See overwritten.h. */
bool image_is_overwritten(const struct image *image, const struct mapping *mapping);

/*
 * Open now what could not be opened once the process is gone: all files of one
 * that lives in another mount namespace.
 */
void image_open_files(struct images *images, struct image *image);

/* Look whether debug files were put in place, for names that are asked for next. */
void image_refresh_names(struct images *images, struct image *image);

/* A Dwfl that knows those modules of the process that image_file() was asked for. */
Dwfl *image_unwinder(struct image *image);

/*
 * The memory around an address, as it was a second ago at most. False: none is mapped there, or
 * the process is gone.
 */
bool image_memory_at(struct image *image, __u64 address, struct memory_range *ret_range);

/* The name that the process's JIT compiler gave to the code at an address; valid as the image. */
const char *image_jit_name(struct images *images, struct image *image, __u64 address);

/* Its known stacks, with the names that can be found now. */
struct known_stacks *image_stacks(struct images *images, struct image *image);

#endif /* SOCKLEAK_IMAGE_H */
