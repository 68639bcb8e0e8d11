/* SPDX-License-Identifier: BSD-2-Clause */
#include "stacks/names/mangling.h"

#include <stdbool.h>
#include <string.h>

#define HASH_LEN 16 /* hex digits */

/* Is there "17h0123456789abcdefE", and nothing else but a suffix ".llvm.1"? */
static bool has_rust_hash(const char *symbol)
{
	const char *end = symbol + strcspn(symbol, ".@"), *hash = end - HASH_LEN - 1;

	return end - symbol > (long)strlen("_ZN17h") + HASH_LEN + 1 && end[-1] == 'E' &&
	       !strncmp(hash - 3, "17h", 3) && strspn(hash, "0123456789abcdef") == HASH_LEN;
}

enum mangling mangling_of(const char *symbol)
{
	if (!strncmp(symbol, "_R", 2))
		return MANGLING_RUST;
	if (!strncmp(symbol, "_ZN", 3) && has_rust_hash(symbol))
		return MANGLING_RUST;
	return !strncmp(symbol, "_Z", 2) ? MANGLING_CPP : MANGLING_NONE;
}
