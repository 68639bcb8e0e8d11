/* SPDX-License-Identifier: BSD-2-Clause */
/* Dumps of JIT code, which a process writes as it likes: each line is one of a perf map. */
#include "fuzz.h"

#include <errno.h>
#include <sys/mman.h>
#include <unistd.h>

#include "stacks/files/jitdump.h"
#include "stacks/files/perf_map.h"

static void check_lines(const struct text *lines, size_t size)
{
	struct perf_map *map;
	size_t count = 0;

	for (const char *at = text_str(lines); (at = strchr(at, '\n')); at++)
		count++;
	check(count * 16 <= size); /* a record has as much at least */
	check(!lines->len || lines->data[lines->len - 1] == '\n');
	check(!perf_map__parse(text_str(lines), lines->len, &map));
	perf_map__free(map);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct text lines = TEXT_INIT;
	int fd = memfd_create("jit-1.dump", 0), err;

	check(fd >= 0 && write(fd, data, size) == (ssize_t)size);
	err = jitdump_as_map(fd, &lines);
	check(!err || err == -ENOEXEC);
	if (err)
		check(!lines.len);
	else
		check_lines(&lines, size);
	close(fd);
	text_free(&lines);
	return 0;
}
