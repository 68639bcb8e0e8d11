/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Leaks a socket in each of some functions that are called as compilers of other languages call
 * theirs, and expects the names that their users know.
 */
#include "program.h"

#define FUNCTION(number, symbol)                                                            \
	__attribute__((noinline, used)) static int function_##number(void) __asm__(symbol); \
	static int function_##number(void)                                                  \
	{                                                                                   \
		int fd = make_socket(AF_INET, SOCK_STREAM, 0);                              \
                                                                                            \
		__asm__ volatile("" ::"r"(fd)); /* not a jump: the function has a frame */  \
		return fd;                                                                  \
	}

FUNCTION(d, "_D1a6Client7connectMFAyaZi")
FUNCTION(ada, "net_pool__inner__open_it__2")
FUNCTION(haskell, "base_GHCziIOziHandle_openItzq_info")
FUNCTION(ocaml_4, "camlStdlib__List__iter_261")
FUNCTION(ocaml_5, "camlStdlib__Seq.iter_261")
FUNCTION(pascal, "P$A$_$TCONN_$__$$_OPEN$LONGINT$SHORTSTRING")
FUNCTION(crystal, "\"*Pool(Int32)@Pool(T)#open<Int32>:Nil\"")

/* The sign of Ada's runtime: without it net_pool__inner might be a name of C's. */
__attribute__((used)) static int runtime __asm__("__gnat_initialize");

int main(void)
{
	static const struct {
		int (*call)(void);
		const char *name;
	} functions[] = {
		{ function_d, "a.Client.connect" },
		{ function_ada, "net_pool.inner.open_it" },
		{ function_haskell, "base:GHC.IO.Handle.openIt'" },
		{ function_ocaml_4, "Stdlib.List.iter" },
		{ function_ocaml_5, "Stdlib.Seq.iter" },
		{ function_pascal, "A.TCONN.OPEN" },
		{ function_crystal, "Pool(Int32)@Pool(T)#open<Int32>" },
	};

	for (size_t i = 0; i < sizeof(functions) / sizeof(functions[0]); i++)
		expect_leak(functions[i].call(), "class=never_used function=%s", functions[i].name);
	ready();
	return 0;
}
