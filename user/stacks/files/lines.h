/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * lines: what DWARF says of an address: its source line, and the functions that
 * the compiler inlined there. Knows nothing of files or processes.
 */
#ifndef SOCKLEAK_LINES_H
#define SOCKLEAK_LINES_H

#include <elfutils/libdwfl.h>
#include <stdbool.h>

#include "stacks/names/frame_rules.h"

#define LINES_MAX_INLINED 31 /* functions inlined deeper than that are left out */

/* The names of one address: functions below FUNCTION_NAME_MAX bytes, files below PATH_MAX. */
struct code {
	/* 1 and more. The innermost first; the last is the function that has the code. */
	unsigned int count;
	bool is_split; /* debug information of the address is in a .dwo file, which is not read */
	Dwarf_Addr start; /* of the symbol that covers it; 0 = none does */
	/* The source file of that symbol, by module_symbols_local_to(), once that was asked for. */
	char *local_to;
	bool has_local_to;
	struct code_name {
		enum frame_kind kind;	/* of a frame there: by module_symbols.c */
		enum mangling mangling; /* of the function; 0 = not known */
		char *function;		/* NULL = not known */
		char *file;		/* of the line that runs, or that calls the one before */
		unsigned int line;
	} names[LINES_MAX_INLINED + 1];
};

/* Free the strings, and forget the names. */
void code_clear(struct code *code);

/*
 * Fill in *ret_code, which is empty, for an address of a module. If is_split, nothing else is
 * filled in: the line alone may be one of an inlined function, whose name is not here. The last
 * name's function is that of the DWARF, which a symbol may name better. The strings are the code's;
 * what is not known stays NULL, also when memory runs out.
 */
void lines_at(Dwfl_Module *module, Dwarf_Addr address, bool is_go, struct code *ret_code);

#endif /* SOCKLEAK_LINES_H */
