/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * owners: whose sockets they are. Reads /proc and the cgroup tree while the process exists,
 * and keeps the answer for later. Knows nothing of leaks.
 */
#ifndef SOCKLEAK_OWNERS_H
#define SOCKLEAK_OWNERS_H

#include "host/files/opener.h"
#include "host/workloads/owner.h"
#include "sockleak.h"

struct owners;

/*
 * The opener, which is the caller's, reads what may block, NULL = this process does. Remembers the
 * last 1024 processes, about 1 KiB each. Without a cgroup2 mount cgroups stay numbers. NULL: no
 * memory. Free with owners__free(); NULL is allowed there.
 */
struct owners *owners__new(struct opener *opener);
void owners__free(struct owners *owners);

/* A sweep begins: what was looked up before it is looked up again. */
void owners__begin_sweep(struct owners *owners);

/* A socket may become a leak (EVENT_SUSPECT): remember whose it is. */
void owners__look(struct owners *owners, const struct event *event);

/*
 * The owner of the socket of an event: the process that holds it, and the cgroup in which it was
 * created. One reference; NULL when out of memory. Fields that cannot be found out stay unknown:
 * the process may be gone, the cgroup removed.
 */
struct owner *owners__find(struct owners *owners, const struct event *event);

#endif /* SOCKLEAK_OWNERS_H */
