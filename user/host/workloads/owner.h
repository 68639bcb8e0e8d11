/* SPDX-License-Identifier: BSD-2-Clause */
/* owner: whose socket it is. Plain data, shared by reference count. */
#ifndef SOCKLEAK_OWNER_H
#define SOCKLEAK_OWNER_H

#include "host/workloads/workload.h"
#include "sockleak.h"

/*
 * The owner of a socket: the process that holds it, and the cgroup in which it was created. The
 * bytes are others' choice, and must be cleaned when shown.
 */
struct owner {
	unsigned int refs;
	char *exe;			 /* NULL = not known */
	char renamed[SOCKLEAK_COMM_LEN]; /* the executable's name, if it replaces the comm
					    (process_name.h); otherwise "" */
	char *command; /* its arguments, with blanks between; NULL = not known, or it has none */
	char *cgroup;  /* v2 path from the root of the host's tree, "/" first; NULL = not known */
	char *unit;    /* systemd unit in that path; NULL = none */
	char *machine; /* guest that the cgroup lies in (machine.h); NULL = none */
	struct workload workload; /* container and pod, "" = none */
};

/* Takes over the strings (malloc'd or NULL), also on failure. One reference; NULL = no memory. */
struct owner *owner_new(char *exe, char *cgroup, char *unit);
struct owner *owner_ref(struct owner *owner);
void owner_unref(struct owner *owner);

/*
 * The name in reports of a process of this owner with this comm: SOCKLEAK_COMM_LEN bytes,
 * one of the two.
 */
const char *owner_name(const struct owner *owner, const char comm[SOCKLEAK_COMM_LEN]);

#endif /* SOCKLEAK_OWNER_H */
