/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * ruby_objects: CRuby's strings, arrays, symbols and methods, in the memory of the process. Each
 * object's type is checked before it is believed.
 */
#ifndef SOCKLEAK_RUBY_OBJECTS_H
#define SOCKLEAK_RUBY_OBJECTS_H

#include <linux/types.h>
#include <stdbool.h>

#include "stacks/scripts/language.h"
#include "stacks/scripts/ruby_offsets.h"

#define RUBY_WORD sizeof(__u64)
#define RUBY_HEAD 4 /* words of an object that are read first */

struct ruby {
	const struct ruby_offsets *offsets;
	struct memory *memory;
	__u64 symbols; /* where its table of symbols is; 0: it was not found */
	/* The frames of the stack that is being named, as the kernel's side has kept them. */
	const unsigned char *records;
	size_t record, records_len;
};

/* Types of the interpreter's own objects (enum imemo_type of internal/imemo.h). */
enum ruby_internal {
	RUBY_SVAR = 2,
	RUBY_METHOD = 6,
	RUBY_ISEQ = 7,
};

/* Read such an object's first words. False: it is another one. */
bool ruby_internal(struct ruby *ruby, __u64 address, enum ruby_internal type,
		   __u64 words[RUBY_HEAD]);

/* A string; "" if it is empty. False: it is not a string. */
bool ruby_string(struct ruby *ruby, __u64 address, char ret_text[SCRIPT_NAME_MAX]);

/* An element of an array. */
bool ruby_element(struct ruby *ruby, __u64 array, __u64 number, __u64 *ret_value);

/* Where the interpreter has its table of symbols, by which names have numbers. 0: not found. */
__u64 ruby_find_symbols(struct interpreter *interpreter, const struct ruby_offsets *offsets);

/* An entry of a method as a frame's environment has it. False: it has none there. */
bool ruby_method_entry(struct ruby *ruby, __u64 entry, bool is_local, __u64 *ret_entry);

/* The name of a method by its entry: without its class. */
bool ruby_method_name(struct ruby *ruby, __u64 entry, char ret_text[SCRIPT_NAME_MAX]);

#endif /* SOCKLEAK_RUBY_OBJECTS_H */
