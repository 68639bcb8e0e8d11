/* SPDX-License-Identifier: BSD-2-Clause */
/* owner: whose socket it is. Plain data, shared by reference count. */
#ifndef SOCKLEAK_OWNER_H
#define SOCKLEAK_OWNER_H

/* Whose socket: what /proc told about the process that holds it. Shared by reference count. */
struct owner {
	unsigned int refs;
	char *exe;    /* NULL = not known */
	char *cgroup; /* v2 path from the root of the host's tree, "/" first; NULL = not known */
	char *unit;   /* systemd unit in that path; NULL = none */
};

/* Takes over the strings (malloc'd or NULL), also on failure. One reference; NULL = no memory. */
struct owner *owner_new(char *exe, char *cgroup, char *unit);
struct owner *owner_ref(struct owner *owner);
void owner_unref(struct owner *owner);

#endif /* SOCKLEAK_OWNER_H */
