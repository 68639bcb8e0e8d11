/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * ruby_context: where a thread of CRuby has its execution context. Since 3.0 it is in thread-local
 * storage; before, the VM has a list of threads.
 */
#ifndef SOCKLEAK_RUBY_CONTEXT_H
#define SOCKLEAK_RUBY_CONTEXT_H

#include <stdbool.h>

#include "scripts.h"
#include "stacks/scripts/language.h"
#include "stacks/scripts/ruby_offsets.h"

/* Have a recipe lead to the context. False: it is nowhere that is known. */
bool ruby_find_context(struct interpreter *interpreter, const struct ruby_offsets *offsets,
		       struct script_recipe *recipe);

/*
 * For the tests: the variable in thread-local storage that a function's first instructions read, by
 * their bytes and their address. In the executable *ret_index is 0, and *ret_offset is counted from
 * the thread pointer; in a library *ret_index is the address of the module's number and of an
 * offset, and *ret_offset is to be added to that.
 */
bool ruby_context_in_code(const unsigned char *code, size_t len, __u64 address, __u64 *ret_index,
			  __s64 *ret_offset);

#endif /* SOCKLEAK_RUBY_CONTEXT_H */
