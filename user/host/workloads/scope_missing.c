/* SPDX-License-Identifier: BSD-2-Clause */
#include "host/workloads/scope_missing.h"

#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include "host/workloads/machine.h"
#include "host/workloads/workload.h"
#include "options/distance.h"

#define MAX_UNIT 256 /* systemd's UNIT_NAME_MAX, with its NUL */
#define SERVICE ".service"

struct name {
	bool is_there;
	char nearest[MAX_UNIT]; /* of a unit: the most similar name; "" = none */
	size_t distance;
};

struct names {
	const struct options *options;
	struct name units[SOCKLEAK_MAX_CGROUPS], machines[SOCKLEAK_MAX_CGROUPS],
		containers[SOCKLEAK_MAX_CGROUPS], pods[SOCKLEAK_MAX_CGROUPS];
};

static bool ends_in(const char *name, const char *suffix)
{
	size_t len = strlen(name), suffix_len = strlen(suffix);

	return len > suffix_len && !strcmp(name + len - suffix_len, suffix);
}

/* Without the suffix, which need not be given. */
static size_t stem_len(const char *name)
{
	return strlen(name) - (ends_in(name, SERVICE) ? strlen(SERVICE) : 0);
}

/* Is this unit more similar to the given name than the best so far? */
static void note_nearest(struct name *name, const char *wanted, const char *unit)
{
	size_t len = stem_len(wanted), unit_len = stem_len(unit), d;

	if (strlen(unit) >= MAX_UNIT || (!ends_in(unit, SERVICE) && !ends_in(unit, ".scope")))
		return;
	d = distance(wanted, len, unit, unit_len);
	/* More than a third makes it another word, unless one is a part of the other. */
	if (d > len / 3 && !(len >= 3 && memmem(unit, unit_len, wanted, len)))
		return;
	if (name->nearest[0] && name->distance <= d)
		return;
	name->distance = d;
	memcpy(name->nearest, unit, strlen(unit) + 1);
}

static bool visit_missing(const char *path, const char *cgroup, int fd, void *ctx)
{
	struct names *names = ctx;
	const struct options *options = names->options;
	char machine[MACHINE_NAME_MAX];
	struct workload workload;

	(void)fd;
	for (unsigned int i = 0; i < options->units.count; i++) {
		names->units[i].is_there |= scope_is_unit(path, cgroup, options->units.items[i]);
		note_nearest(&names->units[i], options->units.items[i], cgroup);
	}
	machine_of_cgroup(path, machine);
	for (unsigned int i = 0; i < options->machines.count; i++)
		names->machines[i].is_there |= !strcmp(machine, options->machines.items[i]);
	workload_of_cgroup(path, &workload);
	for (unsigned int i = 0; i < options->containers.count; i++)
		names->containers[i].is_there |=
			scope_is_container(&workload, options->containers.items[i]);
	for (unsigned int i = 0; i < options->pods.count; i++)
		names->pods[i].is_there |= workload_same_pod(workload.pod, options->pods.items[i]);
	return true;
}

static unsigned int add_missing(struct text *lines, const char *option,
				const struct option_list *list, const struct name *names,
				const char *remedy)
{
	unsigned int count = 0;

	for (unsigned int i = 0; i < list->count; i++) {
		if (names[i].is_there)
			continue;
		count++;
		text_addf(lines, "--%s ", option);
		text_add_clean(lines, list->items[i], strlen(list->items[i]));
		text_addf(lines, ": no such %s runs (", option);
		if (names[i].nearest[0]) {
			text_add(lines, "did you mean ");
			text_add_clean(lines, names[i].nearest, strlen(names[i].nearest));
			text_add(lines, "? ");
		}
		text_addf(lines, "%s)\n", remedy);
	}
	return count;
}

unsigned int scope_missing(const struct options *options, struct cgroups *cgroups,
			   struct text *ret_lines)
{
	struct names names = { .options = options };

	cgroups__walk(cgroups, visit_missing, &names);
	return add_missing(ret_lines, "unit", &options->units, names.units,
			   "'systemctl list-units' lists running units") +
	       add_missing(ret_lines, "machine", &options->machines, names.machines,
			   "'machinectl', 'lxc-ls --running' or 'incus list' list running ones") +
	       add_missing(ret_lines, "container", &options->containers, names.containers,
			   "'podman ps', 'docker ps' or 'crictl ps' list running ones; of "
			   "Kubernetes' and of "
			   "users' own containers only the id is known") +
	       add_missing(ret_lines, "pod", &options->pods, names.pods,
			   "'crictl pods' lists those of this host; the UID is "
			   "{.metadata.uid} of 'kubectl get pod'");
}
