/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * jit_runtimes: which runtime made code at run time, which follows from the files that its process
 * has mapped, and what makes that runtime name its code: a command that needs no restart, where
 * there is one, and an option. A data table; pure.
 */
#ifndef SOCKLEAK_JIT_RUNTIMES_H
#define SOCKLEAK_JIT_RUNTIMES_H

#include <stdbool.h>
#include <sys/types.h>

#include "lib/text.h"

/*
 * JIT_NONE: a stack has no frame of such code, or all of them have names. If a process has mapped
 * files of several runtimes, the first of them counts.
 */
enum jit_runtime {
	JIT_NONE = 0,
	JIT_UNKNOWN, /* code of a runtime that is not in the table */
	JIT_JAVA,
	JIT_NODE,
	JIT_DENO,
	JIT_CHROMIUM,
	JIT_MONO,
	JIT_DOTNET,
	JIT_ERLANG,
	JIT_LUAJIT,
	JIT_JULIA,
	JIT_PHP,
	JIT_RUBY,
	JIT_POSTGRESQL,
	JIT_RUNTIMES,
};

/* The runtime that a mapped file is, by its name; JIT_NONE: it is none. */
enum jit_runtime jit_runtime_of(const char *path);

/* Is this the function of a runtime's file in which all that it interprets runs? */
bool jit_runtime_interprets(const char *function);

/* "Java", "Node.js"; NULL for NONE and UNKNOWN. */
const char *jit_runtime_name(enum jit_runtime runtime);
/*
 * The command that names the code of a running process, with "PID" in place of its number: "jcmd
 * PID Compiler.perfmap". NULL: nothing does without a restart.
 */
const char *jit_runtime_command(enum jit_runtime runtime);
/* With what it is to be started: "node --perf-basic-prof ...". NULL for NONE and UNKNOWN. */
const char *jit_runtime_option(enum jit_runtime runtime);

/*
 * Add a sentence for a person about process `pid` (0 = it has ended). Nothing for JIT_NONE.
 */
void jit_runtime_add_advice(struct text *text, enum jit_runtime runtime, pid_t pid);

#endif /* SOCKLEAK_JIT_RUNTIMES_H */
