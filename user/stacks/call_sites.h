/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * call_sites: the site ids of calls of socket() that had their whole stack taken.
 * A socket of the same call (in any process of the program: bpf/snapshots.bpf.h) without a
 * snapshot has a shorter one, the call alone or by frame pointers; it is of the same site all the
 * same, as long as whole stacks of the call name one function alone. With a second one it is of
 * neither, and the shorter stacks keep their own. The native stack does not tell scripts apart, nor
 * their functions. So the site of a function of a script is that of shorter stacks of the same
 * process alone, and only as long as no other function of it is known to make the call. Else they
 * are of the site that the whole stack would have without the names of scripts. Pure; the oldest of
 * MAX_CALL_SITES gives way.
 */
#ifndef SOCKLEAK_CALL_SITES_H
#define SOCKLEAK_CALL_SITES_H

#include <linux/types.h>

#include "stacks/stack.h"

struct call_sites;

/* NULL when out of memory. Free with call_sites__free(); NULL is allowed there. */
struct call_sites *call_sites__new(void);
void call_sites__free(struct call_sites *call_sites);

/*
 * The call that made this socket (pending.call_site, 0 = not known) is the site of this whole
 * stack. True: that changes where shorter stacks belong.
 */
bool call_sites__learn(struct call_sites *call_sites, const struct pending *socket,
		       const struct stack *stack);

/* Where shorter stacks of this socket's call belong; 0 = that is not known. */
__u64 call_sites__site(const struct call_sites *call_sites, const struct pending *socket);

/*
 * Are functions of scripts known to make the call in this socket's process? *ret_site: the site
 * of the only one; 0 = there are several, or none.
 */
bool call_sites__script_site(const struct call_sites *call_sites, const struct pending *socket,
			     __u64 *ret_site);

/*
 * A shorter stack of a socket, with the site of the whole one of its call when that is known.
 * Takes the reference to `stack` (NULL is allowed), gives one back.
 */
struct stack *call_sites__adopt(struct call_sites *call_sites, const struct pending *socket,
				struct stack *stack);

#endif /* SOCKLEAK_CALL_SITES_H */
