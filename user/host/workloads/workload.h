/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * workload: the container and the Kubernetes pod that a cgroup's path names, by
 * the conventions of container runtimes. Pure.
 *
 *	/kubepods.slice/kubepods-burstable.slice/kubepods-burstable-podUID.slice/
 *		cri-containerd-ID.scope				systemd's cgroup driver
 *	/kubepods/burstable/podUID/ID				the cgroupfs driver
 *	.../kubepods-podUID.slice:cri-containerd:ID		the two mixed up
 *	/docker/ID  /system.slice/docker-ID.scope
 *	/machine.slice/libpod-ID.scope/container		podman
 *	/ID							bare
 *
 * ID has 64 hex digits; read from the leaf up, the first such one counts, so the inner one of a
 * container in a container. The cgroups that runtimes keep beside it, for the processes that watch
 * a container (conmon), are not containers. A UID's dashes are underscores in systemd's names; that
 * of a static pod is 32 hex digits.
 */
#ifndef SOCKLEAK_WORKLOAD_H
#define SOCKLEAK_WORKLOAD_H

#include <stdbool.h>

#define WORKLOAD_CONTAINER_LEN 64
#define WORKLOAD_POD_LEN 36

struct workload {
	char container[WORKLOAD_CONTAINER_LEN + 1]; /* lower-case hex, "" = none */
	char pod[WORKLOAD_POD_LEN + 1];		    /* with dashes, "" = none */
};

/* From a path in a cgroup tree of version 1 or 2; it may begin with "/../". */
void workload_of_cgroup(const char *path, struct workload *ret);

/*
 * Searches a text in the format of /proc/PID/cgroup (cgroups(7)): the first line that names a
 * container, else the first that names a pod. False: none does.
 */
bool workload_of_proc(const char *text, struct workload *ret);

/* Is it a pod's UID, with dashes or underscores? Are two the same, so written? */
bool workload_is_pod(const char *uid);
bool workload_same_pod(const char *a, const char *b);

#endif /* SOCKLEAK_WORKLOAD_H */
