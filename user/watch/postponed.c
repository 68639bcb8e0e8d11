/* SPDX-License-Identifier: BSD-2-Clause */
#include "watch/postponed.h"

#include <errno.h>
#include <stdlib.h>

struct waiting_event {
	struct event event;
	unsigned int times;
	struct waiting_event *next;
};

#define COUNTERS 65536

struct postponed {
	__u32 by_inode[COUNTERS]; /* how many wait, by the inode modulo their number */
	struct waiting_event *first, **end;
	unsigned int count;
};

struct postponed *postponed__new(void)
{
	struct postponed *postponed = calloc(1, sizeof(*postponed));

	if (postponed)
		postponed->end = &postponed->first;
	return postponed;
}

void postponed__free(struct postponed *postponed)
{
	if (!postponed)
		return;
	while (postponed->first)
		postponed__drop_first(postponed);
	free(postponed);
}

int postponed__add(struct postponed *postponed, const struct event *event)
{
	struct waiting_event *waiting;

	if (postponed->count == POSTPONED_MAX)
		return -ENOBUFS;
	waiting = calloc(1, sizeof(*waiting));
	if (!waiting)
		return -ENOMEM;
	waiting->event = *event;
	postponed->by_inode[event->socket.inode % COUNTERS]++;
	*postponed->end = waiting;
	postponed->end = &waiting->next;
	postponed->count++;
	return 0;
}

bool postponed__has(const struct postponed *postponed, __u64 inode)
{
	return postponed->by_inode[inode % COUNTERS];
}

unsigned int postponed__room(const struct postponed *postponed)
{
	return postponed->count < POSTPONED_LEAKS ? POSTPONED_LEAKS - postponed->count : 0;
}

unsigned int postponed__count(const struct postponed *postponed)
{
	return postponed->count;
}

const struct event *postponed__first(struct postponed *postponed, unsigned int *ret_times)
{
	struct waiting_event *waiting = postponed->first;

	if (!waiting)
		return NULL;
	*ret_times = waiting->times++;
	return &waiting->event;
}

void postponed__drop_first(struct postponed *postponed)
{
	struct waiting_event *waiting = postponed->first;

	postponed->by_inode[waiting->event.socket.inode % COUNTERS]--;
	postponed->first = waiting->next;
	if (!postponed->first)
		postponed->end = &postponed->first;
	postponed->count--;
	free(waiting);
}
