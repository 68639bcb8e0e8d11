/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * runtime_frames: what lies between a program and the kernel in every stack: the C
 * library, and the socket layers of language runtimes. frame_rules.h has the table.
 * By names alone; pure.
 */
#ifndef SOCKLEAK_RUNTIME_FRAMES_H
#define SOCKLEAK_RUNTIME_FRAMES_H

#include <stdbool.h>

#include "stacks/names/frame_rules.h"

/* The base name of a module's path, a part of it. */
const char *module_name(const char *path);

/* The rule for a frame in the module of this path, in this function; both may be NULL. */
enum frame_kind runtime_frame_kind(const char *module, const char *function);
/* The same where it is known what the symbol may be of: bits of enum mangling. */
enum frame_kind runtime_frame_kind_in(const char *module, const char *function,
				      unsigned int mangling);

/* The language of scripts that the executable of this path runs; NULL: not an interpreter. */
const char *runtime_frame_interpreter(const char *exe);

/* Is it glibc's own libc or libpthread? */
bool runtime_frame_is_glibc(const char *module);

/*
 * Is it a function of glibc's at either end of a stack: the system call, or what starts a
 * program or a thread? Nobody mends it, and nothing is inlined in it that a reader asks for.
 */
bool runtime_frame_is_end(const char *module, const char *function);

#endif /* SOCKLEAK_RUNTIME_FRAMES_H */
