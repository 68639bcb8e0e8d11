/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * cgroup: names and ids of control groups, version 2. Reads the host's mounted tree, never
 * /proc/PID/cgroup, whose content depends on the reader's cgroup namespace. Knows systemd's
 * names of units, but not those of container runtimes.
 */
#ifndef SOCKLEAK_CGROUP_H
#define SOCKLEAK_CGROUP_H

#include <linux/types.h>
#include <stdbool.h>

struct cgroups;

/*
 * Find the host's cgroup2 mount (cgroup_mount.h) and hold it open: *ret_cgroups, to be freed with
 * cgroups__free() (NULL is allowed there). -ENOENT: none is mounted.
 */
int cgroups__new(struct cgroups **ret_cgroups);
void cgroups__free(struct cgroups *cgroups);

/* Where it is mounted; belongs to cgroups. */
const char *cgroups__mount(const struct cgroups *cgroups);
/* No mount shows the whole tree: cgroups outside this part have no names. */
bool cgroups__is_part(const struct cgroups *cgroups);

/*
 * Open the cgroup that a user has named: a directory, absolute or relative to the mount
 * ("system.slice/x.service"). An absolute one that does not exist is also tried below the
 * mount, because reports write paths that way. *ret_fd can be put into a BPF cgroup array;
 * the caller closes it. *ret_id is what bpf_get_current_cgroup_id() returns in it. -ENOENT:
 * not there. -ENOTDIR: not a directory. -EINVAL: a directory, but not one of cgroup v2.
 */
int cgroups__open(struct cgroups *cgroups, const char *path, int *ret_fd, __u64 *ret_id);

/*
 * Walk through all cgroups below the root, each before those in it. `visit` receives its
 * path from the root ("/system.slice"), its name in that, and an open descriptor, which it
 * must not close. If it returns false, everything below that cgroup is left out. A cgroup
 * that is created or removed meanwhile may be missed. 32 levels deep, paths of 4 KiB.
 */
typedef bool (*cgroup_visit_fn)(const char *path, const char *name, int fd, void *ctx);
void cgroups__walk(struct cgroups *cgroups, cgroup_visit_fn visit, void *ctx);

/*
 * The path of a cgroup id from the root of the tree, "/" first, in *ret_path (the caller
 * frees it). Needs CAP_DAC_READ_SEARCH (-EPERM without). -ESTALE: it was removed before the
 * first question. -EXDEV: the mount does not show it (the agent runs in a container of its
 * own).
 *
 * The last 4096 answers are kept, 100 to 200 bytes each. The kernel reuses an id only after
 * some 2^32 others, and a cgroup cannot be renamed, so an answer stays true; a removed
 * cgroup keeps its name.
 */
int cgroups__path(struct cgroups *cgroups, __u64 id, char **ret_path);

/*
 * The systemd unit in a path: the last component that ends in .service or .scope
 * ("/system.slice/nginx.service/x" -> "nginx.service") in *ret_unit (the caller frees it),
 * NULL when there is none. 0 or -ENOMEM.
 */
int cgroup_unit(const char *path, char **ret_unit);

#endif /* SOCKLEAK_CGROUP_H */
