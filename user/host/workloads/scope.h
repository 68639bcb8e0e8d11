/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * scope: which cgroups are watched, by --cgroup, --unit, --machine, --container and --pod, and
 * which are not, by --exclude-cgroup. Those of --cgroup are looked up once. The other options
 * name cgroups that may be created, removed and created again, so they are looked up
 * repeatedly.
 */
#ifndef SOCKLEAK_SCOPE_H
#define SOCKLEAK_SCOPE_H

#include <linux/types.h>
#include <stdbool.h>
#include <stddef.h>

#include "lib/cleanup.h"
#include "lib/text.h"
#include "options/options.h"
#include "control.h"

struct scope;

/*
 * -EINVAL: one of the options names something that cannot exist; -ENOENT: cgroup v2 is not
 * mounted; both with one line in ret_error. -ENOMEM. Free with scope__free(); NULL is
 * allowed there.
 */
int scope__new(const struct options *options, struct scope **ret_scope, struct text *ret_error);
void scope__free(struct scope *scope);
DEFINE_CLEANUP(struct scope *, scope__free)

/*
 * The cgroups that have a rule now, each with all below it; the scope's own, valid
 * until the next call. The tree is read again if that does not take more than a
 * twentieth of the time. At most SOCKLEAK_MAX_RULED; further ones have none
 * (scope__left_out()).
 */
const struct ruled_cgroup *scope__find(struct scope *scope, __u64 now_ns, size_t *ret_count);

/* Add the names that may appear later, as they were given: "--unit app, --pod 1f3a". */
void scope_add_awaited(const struct options *options, struct text *text);

/*
 * Add a line for each name of --unit, --machine, --container and --pod that nothing has now,
 * with a similar name that exists. Reads the tree. Returns the number of lines.
 */
unsigned int scope__missing(const struct scope *scope, struct text *ret_lines);

/* Add a line for each cgroup of --exclude-cgroup that does not exist now. */
void scope__add_absent(const struct scope *scope, struct text *lines);

/* How many cgroups found no room in the last scope__find(). */
__u64 scope__left_out(const struct scope *scope);

#endif /* SOCKLEAK_SCOPE_H */
