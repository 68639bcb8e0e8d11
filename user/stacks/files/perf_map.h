/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * perf_map: names of code that a process made at run time, as its JIT compiler
 * writes them to /tmp/perf-PID.map (node --perf-basic-prof, python -X perf, Java
 * agents); without that file, those of a dump (jitdump.h). Format: Linux
 * tools/perf/Documentation/jit-interface.txt, lines of "START SIZE name", both in hex.
 *
 * The map is another user's input: 32 MiB and a million lines of it are read at
 * most, names are cut at 512 bytes, and control characters in them become '?'.
 */
#ifndef SOCKLEAK_PERF_MAP_H
#define SOCKLEAK_PERF_MAP_H

#include <linux/types.h>
#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#include "host/files/mapping.h"

struct perf_map;

/* The map in a text, which may be cut off anywhere; lines of another form are left out. -ENOMEM. */
int perf_map__parse(const char *text, size_t len, struct perf_map **ret_map);

/*
 * The map of a process, which it has under the pid it sees itself as, in the
 * root it sees; when there is none, and `dump` is not NULL, the dump that it has mapped there.
 * -ENOENT and what open(2) says: there is none. -EPERM: it belongs
 * to neither the process's user nor root. -EINVAL: not a regular file. -ENOEXEC: no such dump.
 */
int perf_map__read(pid_t tgid, const struct mapping *dump, struct perf_map **ret_map);
void perf_map__free(struct perf_map *map);

/*
 * The name of the code at an address; of lines that overlap the last one counts,
 * for memory is used again. NULL: no line names it. Valid as long as the map.
 */
const char *perf_map__find(const struct perf_map *map, __u64 address);

/* Has the file changed since it was read? */
bool perf_map__stale(const struct perf_map *map, pid_t tgid, const struct mapping *dump);

/* Bytes of memory it takes. */
size_t perf_map__memory(const struct perf_map *map);

#endif /* SOCKLEAK_PERF_MAP_H */
