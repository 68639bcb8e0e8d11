/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * plumbing: what lies between a program and the kernel in every stack: the C
 * library, and the socket layers of language runtimes. The frame to look at is
 * the first one outside of both. By names alone; pure.
 */
#ifndef SOCKLEAK_PLUMBING_H
#define SOCKLEAK_PLUMBING_H

#include <stdbool.h>

/* How far from the program's own code a frame is. */
enum plumbing {
	PLUMBING_NONE = 0,
	PLUMBING_RUNTIME, /* an interpreter, a virtual machine, a language's standard library */
	PLUMBING_LIBC,	  /* libc, libpthread, the dynamic loader, the vdso */
};

/* The base name of a module's path, a part of it. */
const char *module_name(const char *path);

/* Of a frame in the module of this path, in this function; both may be NULL. */
enum plumbing plumbing_of(const char *module, const char *function);

/* Is it glibc's own libc or libpthread? */
bool plumbing_is_glibc(const char *module);

#endif /* SOCKLEAK_PLUMBING_H */
