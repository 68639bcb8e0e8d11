/* SPDX-License-Identifier: BSD-2-Clause */
#include "leaks/holders.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

void holders_clear(struct holders *holders)
{
	free(holders->named);
	*holders = (struct holders){ 0 };
}

static bool comes_before(__u32 a, __u32 b, __u32 creator)
{
	return a == creator || (b != creator && a < b);
}

int holders_add(struct holders *holders, const struct event *event, __u32 creator)
{
	struct holder holder = { event->tgid, event->fd, event->uid, { 0 } };
	struct holder *named;
	unsigned int place;

	memcpy(holder.comm, event->comm, sizeof(holder.comm));
	for (place = 0; place < holders->count; place++) {
		if (holders->named[place].tgid != holder.tgid)
			continue;
		holders->named[place] = holder;
		return 0;
	}
	if (holders->count == HOLDERS_NAMED) {
		holders->others++;
		return 1;
	}
	named = reallocarray(holders->named, holders->count + 1, sizeof(*named));
	if (!named)
		return -ENOMEM;
	holders->named = named;
	for (place = holders->count++; place; place--) {
		if (!comes_before(holder.tgid, named[place - 1].tgid, creator))
			break;
		named[place] = named[place - 1];
	}
	named[place] = holder;
	return 1;
}

bool holders_remove(struct holders *holders, __u32 tgid)
{
	for (unsigned int i = 0; i < holders->count; i++) {
		if (holders->named[i].tgid != tgid)
			continue;
		memmove(&holders->named[i], &holders->named[i + 1],
			(--holders->count - i) * sizeof(*holders->named));
		return true;
	}
	if (!holders->others)
		return false;
	holders->others--;
	return true;
}
