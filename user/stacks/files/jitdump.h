/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * jitdump: the other form in which a JIT compiler tells what code it has made: jit-PID.dump, with
 * the code itself, for `perf inject --jit` (node --perf-prof, LLVM, perf's agent for Java). Its
 * format: Linux tools/perf/Documentation/jitdump-specification.txt. The process maps the file
 * executable, so that who looks at its mappings finds it wherever it is.
 *
 * The file is another user's input: at most a million records and 32 MiB of names are taken from
 * it, and its code is passed over without being read.
 */
#ifndef SOCKLEAK_JITDUMP_H
#define SOCKLEAK_JITDUMP_H

#include <stdbool.h>

#include "host/files/mapping.h"
#include "lib/text.h"

/* Is it the mapping by which a process shows its dump: "jit-PID.dump", in any directory? */
bool jitdump_is_mapped(const struct mapping *mapping);

/*
 * Add a line for each piece of code, as perf_map.h has them, the last one of an address last.
 * Code that was moved has a line for where it is now. A record that is not whole, for it is still
 * being written, ends it. 0; -ENOEXEC: not such a file, or of another version or machine. -ENOMEM.
 */
int jitdump_as_map(int fd, struct text *ret_lines);

#endif /* SOCKLEAK_JITDUMP_H */
