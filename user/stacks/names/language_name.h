/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * language_name: names of functions as the people who write D, Ada, Crystal, Haskell, OCaml,
 * Pascal and Nim know them. Pure. C++ and Rust are function_name.c's.
 *
 *	_D1a6Client7connectMFAyaZi		D, by libiberty	    a.Client.connect
 *	net_pool__inner__open_it		Ada, by libiberty   net_pool.inner.open_it
 *	*Pool@Socket#open<Int32>:Nil		Crystal		    Pool@Socket#open<Int32>
 *	base_GHCziIO_openItzq_info		Haskell (GHC)	    base:GHC.IO.openIt'
 *	camlStdlib__List__iter_261		OCaml 4		    Stdlib.List.iter
 *	camlStdlib__List.iter_261		OCaml 5		    Stdlib.List.iter
 *	P$A$_$TCONN_$__$$_OPEN$LONGINT		Pascal (FPC)	    A.TCONN.OPEN
 *	newSocket__pureZnet_159			Nim		    net.newSocket
 *
 * Parameters are left out, template arguments of D and types of Crystal's arguments are kept. The
 *encodings are those of GHC's GHC.Utils.Encoding, OCaml's asmcomp (Compilenv), FPC's symdef and
 *Nim's ccgutils.
 */
#ifndef SOCKLEAK_LANGUAGE_NAME_H
#define SOCKLEAK_LANGUAGE_NAME_H

#include <libelf.h>
#include <stdbool.h>

/*
 * The language that a file is written in, as far as a name is read in another way for it.
 * LANGUAGE_GO is `true`: function_name() may be called with a bool for it.
 */
enum language {
	LANGUAGE_ANY = 0,
	LANGUAGE_GO,
	LANGUAGE_ADA,
	LANGUAGE_HASKELL,
	LANGUAGE_NIM,
};

/*
 * The name, which the caller frees; NULL when the symbol is none of theirs, is too long, or
 * there is no memory. `language` is needed where the form does not tell, as C has names with
 * "__" too: Ada, Nim, and what of Haskell is in a module without a dot.
 */
char *language_name(const char *symbol, enum language language);

/*
 * Does language_name() need to know the language for this symbol? It is then found out by
 * language_of_strings(), which reads all of a file's string tables.
 */
bool language_is_needed(const char *symbol);
/* By the names of the languages' runtimes in the string tables; at most 16 MiB of each is read. */
enum language language_of_strings(Elf *elf);

#endif /* SOCKLEAK_LANGUAGE_NAME_H */
