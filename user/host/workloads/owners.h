/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * owners: whose sockets they are, asked of /proc and the cgroup tree while the
 * process is there, and kept for when it is gone. Knows nothing of leaks.
 */
#ifndef SOCKLEAK_OWNERS_H
#define SOCKLEAK_OWNERS_H

#include "host/workloads/owner.h"
#include "sockleak.h"

struct owners;

/*
 * Remembers the 1024 processes that came last, about 1 KiB each. Without a cgroup2
 * mount cgroups stay numbers. NULL: no memory. Free with owners__free(); NULL is
 * allowed there.
 */
struct owners *owners__new(void);
void owners__free(struct owners *owners);

/* A sweep begins: what is known was looked up before it, and is asked for anew. */
void owners__begin_sweep(struct owners *owners);

/* A socket may become a leak (EVENT_SUSPECT): remember whose it is. */
void owners__look(struct owners *owners, const struct event *event);

/*
 * The owner of the socket of an event: the process that holds it, and the cgroup
 * that it was made in. One reference; NULL when out of memory. What cannot be
 * told stays unknown: the process may be gone, the cgroup removed.
 */
struct owner *owners__find(struct owners *owners, const struct event *event);

#endif /* SOCKLEAK_OWNERS_H */
