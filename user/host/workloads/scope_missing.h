/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * scope_missing: which names of --unit, --machine, --container and --pod nothing on this host
 * has, and which similar ones exist. For scope.c alone.
 */
#ifndef SOCKLEAK_SCOPE_MISSING_H
#define SOCKLEAK_SCOPE_MISSING_H

#include <stdbool.h>

#include "host/workloads/cgroup.h"
#include "host/workloads/workload.h"
#include "lib/text.h"
#include "options/options.h"

/*
 * Is a cgroup, of this path and this name in it, the given unit of the host? "x" stands for
 * "x.service".
 */
bool scope_is_unit(const char *path, const char *name, const char *wanted);
/* Does a word of --container mean it: the beginning of its id, or its name? */
bool scope_is_container(const struct workload *workload, const char *wanted);

/* As scope__missing(), which is documented in scope.h. */
unsigned int scope_missing(const struct options *options, struct cgroups *cgroups,
			   struct text *ret_lines);

#endif /* SOCKLEAK_SCOPE_MISSING_H */
