/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * kernel_types: what the kernel's own types look like (its BTF), read once for those that ask by
 * name, and once more in small for libbpf.
 *
 * libbpf goes through all 130,000 types of the kernel for each of the 30 structures that the
 * programs read, which took a quarter of a start. So it is given a BTF that has these structures
 * alone, with all that they contain.
 *
 * Knows libbpf: tests/layout.sh.
 */
#ifndef SOCKLEAK_KERNEL_TYPES_H
#define SOCKLEAK_KERNEL_TYPES_H

#include <stddef.h>

struct btf;
struct kernel_types;

/*
 * For the programs of an object file (`elf` has its bytes). `file`: --btf, or NULL for the running
 * kernel. 0 or -ENOMEM: that the types cannot be read is not an error yet. Free with
 * kernel_types__free(); NULL is allowed there.
 */
int kernel_types__new(const char *file, const void *elf, size_t len,
		      struct kernel_types **ret_types);
void kernel_types__free(struct kernel_types *types);

/* All types; NULL = they are not known. */
const struct btf *kernel_types__all(const struct kernel_types *types);
/*
 * For libbpf, as btf_custom_path, as long as the object lives: the file that was given, or what was
 * made for it. NULL: libbpf is to read the kernel's types itself.
 */
const char *kernel_types__path(const struct kernel_types *types);

#endif /* SOCKLEAK_KERNEL_TYPES_H */
