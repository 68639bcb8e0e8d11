/* SPDX-License-Identifier: BSD-2-Clause */
#include "leaks/holders.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "lib/hash.h"

void holders_clear(struct holders *holders)
{
	free(holders->named);
	free(holders->other_tgids);
	*holders = (struct holders){ 0 };
}

static bool comes_before(__u32 a, __u32 b, __u32 creator)
{
	return a == creator || (b != creator && a < b);
}

/* ---- Those without a name ---- */

/* Where it stands among the others, or would. */
static unsigned int other_place(const struct holders *holders, __u32 tgid)
{
	unsigned int first = 0, end = holders->others;

	while (first < end) {
		unsigned int middle = first + (end - first) / 2;

		if (holders->other_tgids[middle] < tgid)
			first = middle + 1;
		else
			end = middle;
	}
	return first;
}

static bool is_other(const struct holders *holders, unsigned int place, __u32 tgid)
{
	return place < holders->others && holders->other_tgids[place] == tgid;
}

static int add_other(struct holders *holders, __u32 tgid)
{
	unsigned int place = other_place(holders, tgid);

	if (is_other(holders, place, tgid))
		return 0;
	if (holders->others == holders->room) {
		unsigned int room = 2 * holders->room + 16;
		__u32 *tgids = reallocarray(holders->other_tgids, room, sizeof(*tgids));

		if (!tgids)
			return -ENOMEM;
		holders->other_tgids = tgids;
		holders->room = room;
	}
	memmove(&holders->other_tgids[place + 1], &holders->other_tgids[place],
		(holders->others++ - place) * sizeof(tgid));
	holders->other_tgids[place] = tgid;
	return 1;
}

static bool remove_other(struct holders *holders, __u32 tgid)
{
	unsigned int place = other_place(holders, tgid);

	if (!is_other(holders, place, tgid))
		return false;
	memmove(&holders->other_tgids[place], &holders->other_tgids[place + 1],
		(--holders->others - place) * sizeof(tgid));
	return true;
}

/* ---- All ---- */

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
	if (holders->count == HOLDERS_NAMED ||
	    is_other(holders, other_place(holders, holder.tgid), holder.tgid))
		return add_other(holders, holder.tgid);
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
	return remove_other(holders, tgid);
}

__u64 holders_hash(const struct holders *holders)
{
	__u64 hash = HASH_BEGIN;

	for (unsigned int i = 0; i < holders->count; i++) {
		hash = hash_bytes(hash, &holders->named[i].tgid, sizeof(holders->named[i].tgid));
		hash = hash_bytes(hash, &holders->named[i].fd, sizeof(holders->named[i].fd));
	}
	return hash_bytes(hash, holders->other_tgids,
			  holders->others * sizeof(*holders->other_tgids));
}
