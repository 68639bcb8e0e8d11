/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * container_name: the names that docker and podman give to containers, from the files in which
 * they keep their state, as root runs them:
 *
 *	/var/lib/docker/containers/ID/config.v2.json		{ "Name": "/web" }
 *	/var/lib/containers/storage/overlay-containers/containers.json, and
 *		volatile-containers.json			[ { "id": ID, "names": ["web"] } ]
 *
 * (moby/moby container/container.go; containers/storage containers.go). Containers of other users,
 * and of Kubernetes, are known by their ids alone: their files are not root's.
 */
#ifndef SOCKLEAK_CONTAINER_NAME_H
#define SOCKLEAK_CONTAINER_NAME_H

#include <stdbool.h>

/* The form of a name: letters, digits, and behind the first also '_', '.' and '-'. */
bool container_name_is_valid(const char *name);
/*
 * Is this the name of the container with this id (WORKLOAD_CONTAINER_LEN hex digits)? `root` is
 * what stands in front of the paths above: "" on the host. False also when no file can be read.
 */
bool container_name_is(const char *root, const char *id, const char *name);

#endif /* SOCKLEAK_CONTAINER_NAME_H */
