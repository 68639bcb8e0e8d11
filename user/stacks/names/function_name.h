/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * function_name: how a symbol is shown to people. Pure; the demangling is
 * libiberty's. A symbol is another user's input: what takes too long or grows
 * too large is shown as it is.
 */
#ifndef SOCKLEAK_FUNCTION_NAME_H
#define SOCKLEAK_FUNCTION_NAME_H

#include "stacks/names/language_name.h"

#define FUNCTION_NAME_MAX 8192 /* bytes, with the NUL */

/*
 * The name of a symbol: demangled (C++ and Rust here, others by language_name.h), without
 * parameters, symbol version ("@GLIBC_2.2.5") and what compilers append to copies and parts of a
 * function (".constprop.0", ".isra.0", ".part.0", ".cold", ".lto_priv.0", ".llvm.123"). Go's
 * symbols mean every dot: LANGUAGE_GO leaves them alone. A name that no language has made stays as
 * it stands. It is cut at FUNCTION_NAME_MAX. The caller frees it. NULL: out of memory.
 */
char *function_name(const char *symbol, enum language language);

/* The bytes of a symbol that is not Go's without its version, and what is appended to copies. */
size_t symbol_name_len(const char *symbol);

#endif /* SOCKLEAK_FUNCTION_NAME_H */
