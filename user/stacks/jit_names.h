/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * jit_names: names of the code that one process made at run time, by the map or the dump that its
 * runtime writes, and which runtime that is. For image.c, which knows the process.
 */
#ifndef SOCKLEAK_JIT_NAMES_H
#define SOCKLEAK_JIT_NAMES_H

#include <linux/types.h>
#include <stdbool.h>
#include <sys/types.h>

#include "host/files/modules.h"
#include "stacks/files/jit_runtimes.h"
#include "stacks/files/perf_map.h"

/* Plain data; all zero is one that was not looked for yet. */
struct jit_names {
	struct perf_map *map; /* NULL = none; to be freed */
	__u64 checked_ns, cost_ns;
};

/*
 * Read the map of a process if it has changed. Looks every two seconds, or less often, so that
 * reading takes no more than a twentieth of the time. True: it was read.
 */
bool jit_names_refresh(struct jit_names *names, pid_t tgid, const struct modules *modules);
/* The next refresh reads it anew. */
void jit_names_drop(struct jit_names *names);

/* The runtime of a process by what it has mapped, the first in the table; never JIT_NONE. */
enum jit_runtime jit_names_runtime(const struct modules *modules);

#endif /* SOCKLEAK_JIT_NAMES_H */
