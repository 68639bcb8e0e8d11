/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * mangling: which compilers a symbol may be of, by its form. Two languages may have functions that
 * are written alike: std::fs of Rust and of C++, a namespace tower and the crate tower. Pure.
 *
 * Rust's forms are those of RFC 2603 (v0, "_R") and the legacy one, which is Itanium's with a hash
 * at the end ("17h", 16 hex digits, "E"); all other symbols of the Itanium C++ ABI are C++'s.
 */
#ifndef SOCKLEAK_MANGLING_H
#define SOCKLEAK_MANGLING_H

/* Bits. */
enum mangling {
	MANGLING_NONE = 1, /* none of the following: C, and languages with a form of their own */
	MANGLING_GO = 2,   /* Go mangles nothing: a file is a program of Go */
	MANGLING_RUST = 4,
	MANGLING_CPP = 8,
	MANGLING_ANY = 15, /* only the readable name is known */
};

/* Takes a symbol with or without what follows it: a version, a clone's suffix. */
enum mangling mangling_of(const char *symbol);

#endif /* SOCKLEAK_MANGLING_H */
