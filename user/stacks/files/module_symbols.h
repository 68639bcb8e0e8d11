/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * module_symbols: names for the code in one ELF file, whichever processes have it mapped. Addresses
 * are those of the file's program headers, so the address in a process minus its bias there.
 * symbols.h says what counts as a name.
 *
 * The file itself stays mapped. The parts that take most memory, symbol tables and debug
 * information, are opened when a name is asked for, can be dropped at any time, and is opened again
 * for the next name; names that were asked for are kept.
 *
 * Debug information that would take more than ELF_FILE_MAX_INFLATED to decompress
 * is not used.
 */
#ifndef SOCKLEAK_MODULE_SYMBOLS_H
#define SOCKLEAK_MODULE_SYMBOLS_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#include "stacks/files/elf_file.h"
#include "stacks/files/lines.h"
#include "stacks/files/trouble.h"

struct module_symbols;

/*
 * The ELF file of a descriptor, which is closed. A file that is not an ELF program or library gives
 * an object without names. NULL: no memory.
 */
struct module_symbols *module_symbols_open(int fd);
/* The same of bytes, which are copied: the vdso. */
struct module_symbols *module_symbols_of_bytes(const void *bytes, size_t len);
/* NULL is allowed. Dwfls that it was reported to may be used on. */
void module_symbols_free(struct module_symbols *file);

/* A process that has it mapped, and as what: where debug files are looked for. */
void module_symbols_seen_in(struct module_symbols *file, pid_t tgid, const char *path);

/* The file itself. It is not an ELF file if its elf is NULL. */
struct elf_file *module_symbols_file(struct module_symbols *file);
/* Was debug information found for it? Known once a name was asked for. */
bool module_symbols_has_debug(const struct module_symbols *file);

/* Why debug information that was found for it is of no use; TROUBLE_NONE: it is, or none was. */
enum frame_trouble module_symbols_trouble(const struct module_symbols *file);

/* The names of an address; valid until the next call. NULL: no memory, or not ELF. */
const struct code *module_symbols_name(struct module_symbols *file, __u64 address);

/*
 * The source file to which the function of an address is local, if another function has its name
 * (symbol_at.h). The names of the address must have been asked for. Valid as the names; NULL: it is
 * known by its name alone.
 */
const char *module_symbols_local_to(struct module_symbols *file, __u64 address);

/*
 * The rules for unwinding from an address by the .debug_frame of the file's debug file, to be freed
 * with free(). NULL: there is none.
 */
Dwarf_Frame *module_symbols_rules(struct module_symbols *file, __u64 address);

/*
 * Were debug files put in place since none was found? Then names are made anew,
 * and it says so. Costs a few failing opens when not.
 */
bool module_symbols_look_again(struct module_symbols *file);

/*
 * An estimate of the memory it takes: 64 KiB, its bytes if they are our own, what its compressed
 * debug sections inflate to, its names; while symbols are open 64 KiB more, the inflated sections
 * of the debug file and an eighth of the size of those sections that are mapped as they are.
 */
size_t module_symbols_memory(const struct module_symbols *file);
/* Are symbols open? */
bool module_symbols_is_open(const struct module_symbols *file);
/* Close them until they are asked for again. */
void module_symbols_shed(struct module_symbols *file);

#endif /* SOCKLEAK_MODULE_SYMBOLS_H */
