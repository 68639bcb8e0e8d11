/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * ended: the sites whose sockets ended with their processes, which exited or crashed with
 * them: what was known of a site is kept when nothing of it is open any more, so that a
 * report can still name it. Pure; a part of leaks.h, which says how it is asked.
 *
 * A site of this module is a struct site of its own: `ended` says how many and when, `leaks`
 * is one socket, for its evidence, `processes` those that ended, the latest last, with
 * how many sockets each had. `open` is 0.
 */
#ifndef SOCKLEAK_ENDED_H
#define SOCKLEAK_ENDED_H

#include "leaks/leaks.h"

/*
 * So many sites at most: more than anybody reads, and with a stack of some KiB each no more
 * than a MiB. The one that ended first gives way, but one that had never grown before
 * all that had.
 */
#define ENDED_SITES 100
/* Processes that are named of one site, the latest: the workers of a pool, not all of a day. */
#define ENDED_PROCESSES 64

struct ended {
	struct site *sites;    /* a uthash table, in the order in which they first ended */
	__u64 not_kept;	       /* times that a site gave way which had grown */
	__u64 exited_not_kept; /* and one that had not */
};

/*
 * A leak has ended with its process. `grew`: its site had grown in that process; `first`: it
 * is the first of its process at its site that does. Without memory the site is
 * counted as not kept. A site that has given way is not made anew by a further socket of
 * the same process, which would only push out the next one: hundreds may end in one sweep.
 */
void ended_add(struct ended *ended, const struct leak *leak, bool grew, bool first);
/* Forget the sites that ended before that time. */
void ended_forget(struct ended *ended, __u64 before_ns);
void ended_clear(struct ended *ended);
/* Sites of those that had grown. */
size_t ended_grown(const struct ended *ended);

/* For qsort() over struct site *: had grown before had not, then by sockets, the last first. */
int ended_worse_first(const void *a, const void *b);

#endif /* SOCKLEAK_ENDED_H */
