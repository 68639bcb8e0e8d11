/* SPDX-License-Identifier: BSD-2-Clause */
#include "stacks/jit_names.h"

#include "lib/time.h"
#include "stacks/files/jitdump.h"

#define PERF_FRESH_NS (2 * NSEC_PER_SEC)
#define PERF_SHARE 20 /* reading a map again may take a twentieth of the time */

/* The dump of JIT code that the process has mapped; NULL = none. */
static const struct mapping *find_jitdump(const struct modules *modules)
{
	for (size_t i = 0; i < modules__count(modules); i++)
		if (jitdump_is_mapped(modules__get(modules, i)))
			return modules__get(modules, i);
	return NULL;
}

bool jit_names_refresh(struct jit_names *names, pid_t tgid, const struct modules *modules)
{
	__u64 now_ns = clock_now(CLOCK_MONOTONIC), wait_ns = names->cost_ns * PERF_SHARE;
	const struct mapping *dump;
	struct perf_map *map;

	if (wait_ns < PERF_FRESH_NS)
		wait_ns = PERF_FRESH_NS;
	if (names->checked_ns && now_ns - names->checked_ns <= wait_ns)
		return false;
	names->checked_ns = now_ns;
	dump = find_jitdump(modules);
	if ((names->map && !perf_map__stale(names->map, tgid, dump)) ||
	    perf_map__read(tgid, dump, &map))
		return false;
	perf_map__free(names->map);
	names->map = map;
	names->cost_ns = clock_now(CLOCK_MONOTONIC) - now_ns;
	return true;
}

void jit_names_drop(struct jit_names *names)
{
	perf_map__free(names->map);
	names->map = NULL;
	names->checked_ns = 0;
}

enum jit_runtime jit_names_runtime(const struct modules *modules)
{
	enum jit_runtime runtime, first = JIT_RUNTIMES;

	for (size_t i = 0; i < modules__count(modules); i++) {
		const struct mapping *mapping = modules__get(modules, i);

		runtime = mapping_is_file(mapping) ? jit_runtime_of(mapping->path) : JIT_NONE;
		if (runtime != JIT_NONE && runtime < first)
			first = runtime;
	}
	return first < JIT_RUNTIMES ? first : JIT_UNKNOWN;
}
