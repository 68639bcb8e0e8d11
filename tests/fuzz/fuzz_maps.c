/* SPDX-License-Identifier: BSD-2-Clause */
/* /proc/PID/maps, in which a process chooses every path. */
#include "fuzz.h"

#include "host/files/modules.h"

static struct modules *parse(const uint8_t *data, size_t size)
{
	FILE *stream = stream_of(data, size);
	struct modules *modules = NULL;

	check(!modules__parse(stream, &modules));
	check(modules);
	fclose(stream);
	return modules;
}

static void check_find(const struct modules *modules, __u64 address)
{
	const struct mapping *mapping = modules__find(modules, address);

	if (!mapping)
		return;
	check(modules__count(modules));
	check(mapping->start < mapping->end);
	check(address >= mapping->start && address < mapping->end);
	check(!mapping->path || *mapping->path == '/' || !strcmp(mapping->path, "[vdso]") ||
	      !strcmp(mapping->path, "[vsyscall]"));
	check(!mapping->deleted || mapping->path);
	check(!mapping->header || mapping->inode);
	check(mapping_is_file(mapping) ==
	      (mapping->inode && mapping->path && *mapping->path == '/'));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct modules *modules = parse(data, size), *again = parse(data, size);
	struct input input = input_of(data, size);
	unsigned long long start, end;
	size_t lines = 0;

	check(modules__equal(modules, again));
	while (input_left(&input)) {
		char *line = take_until(&input, '\n');

		if (sscanf(line, "%llx-%llx", &start, &end) == 2) {
			check_find(modules, start);
			check_find(modules, end - 1);
			check_find(modules, end);
		}
		free(line);
		lines++;
	}
	check(modules__count(modules) <= lines);
	check_find(modules, 0);
	check_find(modules, UINT64_MAX);
	modules__free(modules);
	modules__free(again);
	return 0;
}
