/* SPDX-License-Identifier: BSD-2-Clause */
/* Units and machines in cgroup paths, which whoever makes a cgroup names; mountinfo. */
#include "fuzz.h"

#include <errno.h>

#include "host/workloads/cgroup.h"
#include "host/workloads/cgroup_mount.h"
#include "host/workloads/machine.h"

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

/* What is inside is an end of the path; a name fits, and names something. */
static void check_machine(const char *path)
{
	char machine[MACHINE_NAME_MAX], of_proc[MACHINE_NAME_MAX];
	const char *inside = machine_of_cgroup(path, machine);

	check(inside >= path && inside <= path + strlen(path));
	check(strlen(machine) < MACHINE_NAME_MAX);
	check(machine[0] ? !*inside || *inside == '/' : inside == path);
	machine_of_proc(path, of_proc);
	check(strlen(of_proc) < MACHINE_NAME_MAX);
}

static void check_mounts(const uint8_t *data, size_t size)
{
	static struct cgroup_mount untouched;
	struct cgroup_mount *mounts = &untouched;
	FILE *stream = stream_of(data, size);
	size_t count = 0;
	int err = cgroup_mounts_read(stream, &mounts, &count);

	fclose(stream);
	if (err) {
		check(err == -ENOENT && mounts == &untouched);
		return;
	}
	check(count);
	for (size_t i = 0; i < count; i++) {
		check(mounts[i].path && strlen(mounts[i].path) < size);
		check(!i || mounts[i - 1].is_part <= mounts[i].is_part);
	}
	cgroup_mounts_free(mounts, count);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct input input = input_of(data, size);
	char *path = take_rest(&input);

	check_unit(path);
	check_machine(path);
	check_mounts(data, size);
	free(path);
	return 0;
}
