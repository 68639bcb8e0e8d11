/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * postponed: events that are taken later, because the resolver is at work on a question that nobody
 * waits for. They are taken in the order in which they came, and so is what comes after them of
 * the same sockets. Pure: knows nothing of what is done with them.
 */
#ifndef SOCKLEAK_POSTPONED_H
#define SOCKLEAK_POSTPONED_H

#include <stdbool.h>

#include "sockleak.h"

/*
 * Some 300 bytes each, allocated on demand. While as many new leaks wait as may, a sweep reports
 * no more (tracer__limit_leaks()). What else there is to say of sockets is limited by the tables of
 * the kernel's side: at their defaults, an end of each, and a holder that came and went.
 */
#define POSTPONED_LEAKS 8192
#define POSTPONED_MAX (3 * SOCKLEAK_MAX_SOCKETS)

struct postponed;

/* NULL: no memory. Free with postponed__free(); NULL is allowed there. */
struct postponed *postponed__new(void);
void postponed__free(struct postponed *postponed);

/* Put an event last. -ENOMEM; -ENOBUFS: as many wait as may. */
int postponed__add(struct postponed *postponed, const struct event *event);
/* Does an event of this socket wait, or of one with the same inode modulo 65,536? */
bool postponed__has(const struct postponed *postponed, __u64 inode);
/* How many new leaks there is room for. */
unsigned int postponed__room(const struct postponed *postponed);
unsigned int postponed__count(const struct postponed *postponed);

/*
 * The first one, which stays first, and how often it was got before; NULL = none. Valid until it is
 * dropped.
 */
const struct event *postponed__first(struct postponed *postponed, unsigned int *ret_times);
void postponed__drop_first(struct postponed *postponed);

#endif /* SOCKLEAK_POSTPONED_H */
