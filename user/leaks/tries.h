/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * tries: where calls on the leaked sockets of a site failed: connect, bind or getpeername. The
 * error path that does not close the socket is there. Not every leak has such a stack: see
 * bpf/tries.bpf.h. They are counted when a report asks, from the leaks that are open.
 */
#ifndef SOCKLEAK_TRIES_H
#define SOCKLEAK_TRIES_H

#include "leaks/tried.h"

struct site;

/* How many a report and the stacks file have: a site rarely has more than one error path. */
#define TRIES_SHOWN 3

/* One stack on which a call failed, and how often. */
struct try_count {
	struct tried tried;	  /* the leaks' own: valid while they are */
	const struct stack *made; /* on which one of these sockets was created; NULL = not known */
	unsigned int open;	  /* sockets, shown ones alone */
};

struct tries {
	struct try_count list[TRIES_SHOWN]; /* the most recent sockets first */
	unsigned int count;
	unsigned int more_open; /* sockets with other such stacks */
};

/* Those of a site. Nothing of it is to be freed. */
struct tries tries_find(const struct site *site);

/*
 * How many frames, the innermost ones, the stack of a failed call has to itself. The others,
 * further out, are those of the stack on which the socket was created, which may be NULL.
 */
unsigned int tries_frames_apart(const struct stack *tried, const struct stack *made);

#endif /* SOCKLEAK_TRIES_H */
