/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * go_table: functions, lines and inlining of a Go program by its .gopclntab, which its runtime
 * needs for tracebacks and which therefore survives strip and -ldflags "-s -w". The layouts of Go
 * 1.16, 1.18 and 1.20; later versions of Go use the last one. The table is another user's input:
 * whatever does not fit in it is not known.
 *
 * A program that is position independent has its addresses in relocations. From Go 1.18 on there
 * are three of them, which are looked up; before, there was one for each function, and such a
 * program has no names.
 *
 * Source: go.dev/s/go12symtab; the Go project's debug/gosym/pclntab.go, runtime/symtab.go,
 * runtime/symtabinl.go and internal/abi/symtab.go.
 */
#ifndef SOCKLEAK_GO_TABLE_H
#define SOCKLEAK_GO_TABLE_H

#include <linux/types.h>
#include <stdbool.h>
#include <stddef.h>

#include "stacks/files/elf_file.h"
#include "stacks/files/lines.h"

/* How the table is laid out: the first version of Go that has it so. */
enum go_layout {
	GO_1_16,
	GO_1_18,
	GO_1_20,
};

/* Valid as long as the bytes that it was made of. Addresses are those of the program headers. */
struct go_table {
	const unsigned char *bytes;
	size_t len;
	__u64 address; /* of the table */
	enum go_layout layout;
	unsigned int quantum, word; /* of program counters, and of an address: bytes */
	__u64 count;		    /* of functions */
	__u64 text;		    /* from which addresses of functions are counted; 0 in 1.16 */
	__u64 names, units, files, values, functions; /* where these begin in the table */
	/* The trees of inlining, which lie outside of the table; NULL = not found. */
	const unsigned char *inlining;
	size_t inlining_len;
	__u64 inlining_address; /* of the first byte; 1.16 has addresses, later ones offsets */
};

/* Find the table of a file. False: it has none that can be read. */
bool go_table_open(const struct elf_file *file, struct go_table *ret_table);

/* A table in these bytes, without what lies elsewhere. False: they are none. For the tests. */
bool go_table_of_bytes(const unsigned char *bytes, size_t len, __u64 address,
		       struct go_table *ret_table);

/*
 * Fill in *ret_code, which is empty, for an address: the functions that were inlined there, then
 * the one that has the code, each with its line. False: the table has no function there.
 */
bool go_table_at(const struct go_table *table, __u64 address, struct code *ret_code);

#endif /* SOCKLEAK_GO_TABLE_H */
