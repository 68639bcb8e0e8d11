/* SPDX-License-Identifier: BSD-2-Clause */
/* Units in cgroup paths, which whoever makes a cgroup names; the mount in mountinfo's text. */
#include "fuzz.h"

#include <errno.h>

#include "cgroup.h"

static bool ends_in(const char *string, const char *suffix)
{
	size_t len = strlen(string), suffix_len = strlen(suffix);

	return len > suffix_len && !strcmp(string + len - suffix_len, suffix);
}

static void check_unit(const char *path)
{
	char *unit = (char *)path, *component, *copy = strdup(path), *rest = copy;
	const char *last = NULL;

	check(!cgroup_unit(path, &unit));
	while ((component = strsep(&rest, "/")))
		if (ends_in(component, ".service") || ends_in(component, ".scope"))
			last = component;
	check(!last == !unit);
	if (unit)
		check(!strcmp(unit, last));
	free(unit);
	free(copy);
}

static void check_mount(const uint8_t *data, size_t size)
{
	static char untouched[] = "untouched";
	char *mount = untouched;
	FILE *stream = stream_of(data, size);
	int err = cgroup_find_mount(stream, &mount);

	fclose(stream);
	if (err) {
		check(err == -ENOENT && mount == untouched);
		return;
	}
	check(mount && mount != untouched);
	check(strlen(mount) < size);
	free(mount);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct input input = input_of(data, size);
	char *path = take_rest(&input);

	check_unit(path);
	check_mount(data, size);
	free(path);
	return 0;
}
