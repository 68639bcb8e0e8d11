/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * symbol_at: which symbol of a module covers an address, and which source file it is local to.
 * Knows nothing of readable names.
 */
#ifndef SOCKLEAK_SYMBOL_AT_H
#define SOCKLEAK_SYMBOL_AT_H

#include <elfutils/libdwfl.h>
#include <stdbool.h>

/* A function's. The strings and the file are the module's. */
struct symbol {
	const char *name; /* as it stands in the table */
	Elf *elf;	  /* of whose table it is */
	Dwarf_Addr start;
	bool is_local; /* other files may have functions of that name */
};

/* False: none covers the address. */
bool symbol_at(Dwfl_Module *module, Dwarf_Addr address, struct symbol *ret_symbol);

/*
 * If another function of the module has the symbol's name, the base name of the source file that
 * this one is local to, by the STT_FILE entries of the table: it tells the two apart, and is the
 * same on each host and in each build directory. The caller frees it.
 *
 * The whole table is walked, which takes some 20 ms for 300,000 symbols.
 *
 * NULL: it is not local, or no other function has its name, or the table does not say, which mini
 * debug information never does; or there is no memory. Then both are taken for one. Functions whose
 * copies a link-time optimizer has numbered are also one: it puts all into one file.
 */
char *symbol_local_to(Dwfl_Module *module, const struct symbol *symbol);

#endif /* SOCKLEAK_SYMBOL_AT_H */
