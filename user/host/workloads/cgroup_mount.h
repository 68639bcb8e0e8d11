/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * cgroup_mount: which mount of cgroup v2 is the host's. There may be many: a container
 * has a part of the tree mounted, a chroot all of it once more, and one mount may hide
 * another. Knows nothing of the cgroups in it.
 */
#ifndef SOCKLEAK_CGROUP_MOUNT_H
#define SOCKLEAK_CGROUP_MOUNT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

struct cgroup_mount {
	char *path;
	int id;	      /* as statx(2) reports it for files below it */
	bool is_part; /* it shows a part of the tree that this process could see */
	/* private: */
	unsigned int rank;
	size_t number; /* its line */
};

/*
 * Find the mount of the host in /proc/self/mountinfo, and open its root: *ret_fd, which the
 * caller closes, and *ret_mount, whose path the caller frees. It is the one that shows most
 * of the tree; of several such, the one at /sys/fs/cgroup, then that at
 * /sys/fs/cgroup/unified, then the first. A mount that another one hides is ignored.
 * -ENOENT: none is mounted, or none is visible.
 */
int cgroup_mount_open(struct cgroup_mount *ret_mount, int *ret_fd);

/*
 * For the tests: the mounts in a text in the format of mountinfo (proc(5)), the best first,
 * one or more of them. -ENOENT; -ENOMEM. Free with cgroup_mounts_free().
 */
int cgroup_mounts_read(FILE *mountinfo, struct cgroup_mount **ret_mounts, size_t *ret_count);
void cgroup_mounts_free(struct cgroup_mount *mounts, size_t count);

#endif /* SOCKLEAK_CGROUP_MOUNT_H */
