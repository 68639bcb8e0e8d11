/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * runtime_frames: what lies between a program and the kernel in every stack: the C
 * library, and the socket layers of language runtimes. The frame to look at is
 * the first one outside of both. By names alone; pure.
 */
#ifndef SOCKLEAK_RUNTIME_FRAMES_H
#define SOCKLEAK_RUNTIME_FRAMES_H

#include <stdbool.h>

/* How far from the program's own code a frame is. */
enum frame_kind {
	FRAME_OF_PROGRAM = 0,
	FRAME_OF_RUNTIME, /* an interpreter, a virtual machine, a language's standard library */
	FRAME_OF_LIBC,	  /* libc, libpthread, the dynamic loader, the vdso */
};

/* The base name of a module's path, a part of it. */
const char *module_name(const char *path);

/* Of a frame in the module of this path, in this function; both may be NULL. */
enum frame_kind runtime_frame_kind(const char *module, const char *function);

/* Is it glibc's own libc or libpthread? */
bool runtime_frame_is_glibc(const char *module);

/*
 * Is it a function of glibc's at either end of a stack: the call of socket(), or what starts a
 * program or a thread? Nobody mends it, and nothing is inlined in it that a reader asks for.
 */
bool runtime_frame_is_end(const char *module, const char *function);

#endif /* SOCKLEAK_RUNTIME_FRAMES_H */
