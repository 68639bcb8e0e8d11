/* SPDX-License-Identifier: BSD-2-Clause */
#include "host/workloads/owner.h"

#include <stdlib.h>

struct owner *owner_new(char *exe, char *cgroup, char *unit)
{
	struct owner *owner = calloc(1, sizeof(*owner));

	if (!owner) {
		free(exe);
		free(cgroup);
		free(unit);
		return NULL;
	}
	*owner = (struct owner){ .refs = 1, .exe = exe, .cgroup = cgroup, .unit = unit };
	return owner;
}

struct owner *owner_ref(struct owner *owner)
{
	if (owner)
		owner->refs++;
	return owner;
}

void owner_unref(struct owner *owner)
{
	if (!owner || --owner->refs)
		return;
	free(owner->exe);
	free(owner->command);
	free(owner->cgroup);
	free(owner->unit);
	free(owner->machine);
	free(owner);
}

const char *owner_name(const struct owner *owner, const char comm[SOCKLEAK_COMM_LEN])
{
	return owner->renamed[0] ? owner->renamed : comm;
}
