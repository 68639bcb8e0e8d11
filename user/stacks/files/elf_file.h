/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * elf_file: one ELF program or library, mapped and looked into, and how libdwfl
 * gets to know it. Needs no descriptor once it is open, and whatever number of
 * Dwfls know it, it is mapped once. Knows nothing of processes, nor of names.
 *
 * Addresses are those of the program headers; a bias is how far a process has
 * the file from there.
 */
#ifndef SOCKLEAK_ELF_FILE_H
#define SOCKLEAK_ELF_FILE_H

#include <elfutils/libdwfl.h>
#include <linux/types.h>
#include <stdbool.h>
#include <stddef.h>

#include "host/files/modules.h"
#include "stacks/files/debug_file.h"

/* Debug information that takes more than this to decompress is not used. */
#define ELF_FILE_MAX_INFLATED (256 * 1024 * 1024ULL)

struct elf_file {
	Elf *elf;		 /* NULL: not an ELF program or library */
	void *bytes;		 /* what elf reads, when that is our own */
	size_t own;		 /* bytes of that */
	char *build_id;		 /* hex, NULL = none */
	char *link;		 /* its .gnu_debuglink, NULL = none */
	__u32 crc;		 /* of what that names */
	__u32 owner;		 /* the user whose file it is; ~0 = not known */
	bool is_go;		 /* a program of Go */
	struct debug_size debug; /* debug sections of the file itself */
};

/* Look into the file of a descriptor, which is closed. *ret is to be cleared in any case. */
void elf_file_open(int fd, struct elf_file *ret);
/* The same of bytes, which are copied. */
void elf_file_of_bytes(const void *bytes, size_t len, struct elf_file *ret);
/* Dwfls that it was reported to may be used on, unless it is of bytes. */
void elf_file_clear(struct elf_file *file);

/* -ENOEXEC: no ELF file, or its headers do not explain the mapping. */
int elf_file_bias(const struct elf_file *file, const struct mapping *mapping, __u64 *ret_bias);

/*
 * Is the mapping, which has this bias, a part of the file that a program has put
 * somewhere else once more, as V8 does with its builtins to have them near to the
 * code that it makes? Then a name is found as ever, but it is not a module: that would
 * lie over whatever else is there.
 */
bool elf_file_is_copy(const struct elf_file *file, const struct mapping *mapping, __u64 bias);

/* Bytes of the file, offset and len within it; valid as long as the file. NULL: not there. */
const unsigned char *elf_file_bytes(const struct elf_file *file, __u64 offset, size_t len);

/*
 * Make the file a module of a Dwfl whose callback find_elf is elf_file_find_elf.
 * The module's userdata is the file. NULL: not possible.
 */
Dwfl_Module *elf_file_report(struct elf_file *file, Dwfl *dwfl, __u64 bias);
int elf_file_find_elf(Dwfl_Module *module, void **userdata, const char *name, Dwarf_Addr base,
		      char **ret_name, Elf **ret_elf);

/* A Dwfl that unwinds: it knows the files reported to it, and no debug files. NULL: no memory. */
Dwfl *elf_file_unwinder(void);

#endif /* SOCKLEAK_ELF_FILE_H */
