/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * module_symbols: names for addresses in one mapped file of one process. Opens
 * it and its debug files; what counts as a name is said in symbols.h. Knows
 * nothing of stacks, and of processes only how to open their files.
 */
#ifndef SOCKLEAK_MODULE_SYMBOLS_H
#define SOCKLEAK_MODULE_SYMBOLS_H

#include <elfutils/libdwfl.h>
#include <stddef.h>
#include <sys/types.h>

#include "modules.h"
#include "stack.h"

struct module_symbols;

/* A Dwfl for module_symbols_open(), for one process; the caller ends it. NULL: no memory. */
Dwfl *module_symbols_begin(void);

/*
 * The file of a mapping, which must outlive it. One that cannot be opened or is
 * no ELF file gives an object without names. NULL: no memory. Free it after the
 * Dwfl was ended, for that may refer to it; NULL is allowed there.
 */
struct module_symbols *module_symbols_open(Dwfl *dwfl, pid_t tgid, const struct mapping *mapping);
void module_symbols_free(struct module_symbols *file);

/* What it was opened with. */
const struct mapping *module_symbols_mapping(const struct module_symbols *file);
/* Could it be opened, and is it an ELF file? */
bool module_symbols_is_elf(const struct module_symbols *file);

/*
 * Fill in the build id, function, file and line of the code at an address of the
 * process (not of a return address: that is one byte further). The strings are
 * the frame's; without memory there are fewer.
 */
void module_symbols_name(struct module_symbols *file, __u64 address, struct frame *frame);

/* Bytes of the file, offset and len within it; valid as long as the Dwfl. NULL: not there. */
const unsigned char *module_symbols_bytes(const struct module_symbols *file, __u64 offset,
					  size_t len);

#endif /* SOCKLEAK_MODULE_SYMBOLS_H */
