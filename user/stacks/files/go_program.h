/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * go_program: where a Go program has its table of functions (go_table.h), and what its runtime's
 * description of the program, the moduledata, adds to that. Section headers and relocations, of a
 * file that another user wrote: what does not fit is not known.
 */
#ifndef SOCKLEAK_GO_PROGRAM_H
#define SOCKLEAK_GO_PROGRAM_H

#include "stacks/files/go_table.h"

struct go_program {
	const unsigned char *table;
	size_t len;
	__u64 address; /* of the table */
};

/* Find the table by its section, or in one that it was linked into. False: there is none. */
bool go_program_find(const struct elf_file *file, struct go_program *ret_program);

/*
 * Add to a table what lies outside of it: the address that functions are counted from, where it is
 * in a relocation, and the inline trees. Parts that are not found stay unknown.
 */
void go_program_complete(const struct elf_file *file, const struct go_program *program,
			 struct go_table *table);

#endif /* SOCKLEAK_GO_PROGRAM_H */
