/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * function_name: how a symbol is shown to people. Pure; the demangling is
 * libiberty's. A symbol is another user's input: what takes too long or grows
 * too large is shown as it is.
 */
#ifndef SOCKLEAK_FUNCTION_NAME_H
#define SOCKLEAK_FUNCTION_NAME_H

#include <stdbool.h>

#define FUNCTION_NAME_MAX 8192 /* bytes, with the NUL */

/*
 * The name of a symbol of C, C++ or Rust: demangled, without parameters, symbol
 * version ("@GLIBC_2.2.5") and what compilers append to copies and parts of a
 * function (".constprop.0", ".isra.0", ".part.0", ".cold", ".lto_priv.0",
 * ".llvm.123"). Go's symbols mean every dot: is_go leaves them alone.
 * It is cut at FUNCTION_NAME_MAX. The caller frees it. NULL: out of memory.
 */
char *function_name(const char *symbol, bool is_go);

#endif /* SOCKLEAK_FUNCTION_NAME_H */
