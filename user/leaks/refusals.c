/* SPDX-License-Identifier: BSD-2-Clause */
#include "leaks/refusals.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define HOST_SLACK 50 /* one in so many may be free */

struct refusals {
	struct limited *by_key; /* a uthash table */
	__u64 recent_ns;
	__u64 files_open, files_max, noted_ns; /* of the host */
};

struct refusals *refusals__new(__u64 recent_ns)
{
	struct refusals *refusals = calloc(1, sizeof(*refusals));

	if (refusals)
		refusals->recent_ns = recent_ns;
	return refusals;
}

static void forget_limited(struct refusals *refusals, struct limited *limited)
{
	HASH_DEL(refusals->by_key, limited);
	owner_unref(limited->owner);
	stack_unref(limited->stack);
	free(limited);
}

void refusals__free(struct refusals *refusals)
{
	if (!refusals)
		return;
	while (refusals->by_key)
		forget_limited(refusals, refusals->by_key);
	free(refusals);
}

/* ---- Accounts ---- */

/*
 * The one that failed the longest time ago, of those that the kernel's side has forgotten: any
 * other would come again, with all its calls as if they were new. There is one, for the kernel's
 * side knows no more than half as many.
 */
static void refusals_make_room(struct refusals *refusals)
{
	struct limited *limited, *oldest = NULL;

	if (HASH_COUNT(refusals->by_key) < REFUSALS_KEPT)
		return;
	for (limited = refusals->by_key; limited; limited = limited->hh.next)
		if (limited->over &&
		    (!oldest || limited->refusal.last_ns < oldest->refusal.last_ns))
			oldest = limited;
	forget_limited(refusals, oldest ?: refusals->by_key);
}

static struct limited *get_limited(struct refusals *refusals, const struct refusal_key *key)
{
	struct limited *limited;

	HASH_FIND(hh, refusals->by_key, key, sizeof(*key), limited);
	if (limited)
		return limited;
	refusals_make_room(refusals);
	limited = calloc(1, sizeof(*limited));
	if (!limited)
		return NULL;
	limited->key = *key;
	HASH_ADD(hh, refusals->by_key, key, sizeof(limited->key), limited);
	if (!limited->hh.tbl) {
		free(limited);
		return NULL;
	}
	return limited;
}

struct limited *refusals__apply(struct refusals *refusals, const struct refusal_key *key,
				const struct refusal *refusal, __u64 *ret_more, bool *ret_new)
{
	struct limited *limited = get_limited(refusals, key);
	__u64 known = 0;

	if (!limited)
		return NULL;
	*ret_new = limited->refusal.first_ns != refusal->first_ns;
	if (*ret_new) {
		limited->over = limited->ended = limited->announced = false;
		limited->fds = (struct forecast){ 0 };
	} else {
		known = limited->refusal.count;
	}
	limited->refusal = *refusal;
	*ret_more = refusal->count > known ? refusal->count - known : 0;
	return limited;
}

void limited_describe(struct limited *limited, struct owner *owner, struct stack *stack)
{
	owner_unref(limited->owner);
	stack_unref(limited->stack);
	limited->owner = owner;
	limited->stack = stack;
}

const char *limited_name(const struct limited *limited)
{
	return limited->owner ? owner_name(limited->owner, limited->refusal.comm) :
				limited->refusal.comm;
}

void refusals__expire(struct refusals *refusals, __u64 now_ns)
{
	struct limited *limited, *next;

	HASH_ITER(hh, refusals->by_key, limited, next)
		if (limited->refusal.last_ns + REFUSAL_KEPT_NS < now_ns &&
		    !refusals__is_now(refusals, limited, now_ns))
			forget_limited(refusals, limited);
}

void refusals__note_host(struct refusals *refusals, __u64 now_ns, __u64 open, __u64 max)
{
	if (open > refusals->files_open || refusals->noted_ns + SPELL_QUIET_NS < now_ns)
		refusals->files_open = open;
	refusals->files_max = max;
	refusals->noted_ns = now_ns;
}

/* Has another process failed with ENFILE lately, and was that announced? */
static bool host_was_announced(const struct refusals *refusals, const struct limited *fresh)
{
	const struct limited *limited;

	for (limited = refusals->by_key; limited; limited = limited->hh.next)
		if (limited != fresh && limited->key.error == ENFILE && limited->announced &&
		    limited->refusal.last_ns + SPELL_QUIET_NS > fresh->refusal.first_ns)
			return true;
	return false;
}

const struct limited *refusals__announce(struct refusals *refusals)
{
	struct limited *limited;

	for (limited = refusals->by_key; limited; limited = limited->hh.next) {
		if (limited->announced || limited->unfinished)
			continue;
		limited->announced = true;
		if (limited->key.error == EMFILE || !host_was_announced(refusals, limited))
			return limited;
	}
	return NULL;
}

struct limited *refusals__all(struct refusals *refusals)
{
	return refusals->by_key;
}

/* ---- For reports ---- */

bool refusals__is_now(const struct refusals *refusals, const struct limited *limited, __u64 now_ns)
{
	if (limited->ended)
		return false;
	if (limited->key.error == EMFILE && limited->fds.looked_ns)
		return limited->fds.fds_open >= limited->fds.fds_limit;
	return limited->refusal.last_ns + refusals->recent_ns >= now_ns;
}

bool limited_is_due(const struct limited *limited, __u64 now_ns)
{
	const struct forecast *fds = &limited->fds;

	if (!fds->looked_ns || now_ns >= fds->next_ns)
		return true;
	return fds->fds_open < fds->fds_limit && limited->refusal.last_ns > fds->looked_ns;
}

/* Does `a` come before `b`? */
static bool is_before(const struct refusals *refusals, const struct limited *a,
		      const struct limited *b, __u64 now_ns)
{
	bool a_now = refusals__is_now(refusals, a, now_ns);
	bool b_now = refusals__is_now(refusals, b, now_ns);

	if (a_now != b_now)
		return a_now;
	if (a->refusal.last_ns != b->refusal.last_ns)
		return a->refusal.last_ns > b->refusal.last_ns;
	return a->key.tgid < b->key.tgid;
}

size_t refusals__list(const struct refusals *refusals, __u64 now_ns, __s32 error, size_t most,
		      const struct limited **ret_list)
{
	const struct limited *limited = refusals ? refusals->by_key : NULL;
	size_t count = 0, kept = 0, at;

	for (; limited; limited = limited->hh.next) {
		if (error && limited->key.error != error)
			continue;
		count++;
		at = kept;
		while (at > 0 && is_before(refusals, limited, ret_list[at - 1], now_ns))
			at--;
		if (at >= most)
			continue;
		kept += kept < most;
		memmove(ret_list + at + 1, ret_list + at, (kept - at - 1) * sizeof(*ret_list));
		ret_list[at] = limited;
	}
	return count;
}

struct host_refusals refusals__host(const struct refusals *refusals, __u64 now_ns)
{
	const struct limited *limited = refusals ? refusals->by_key : NULL;
	struct host_refusals host = { 0 };

	for (; limited; limited = limited->hh.next) {
		const struct refusal *refusal = &limited->refusal;

		if (limited->key.error != ENFILE)
			continue;
		host.processes++;
		host.count += refusal->count;
		if (!host.first_ns || refusal->first_ns < host.first_ns)
			host.first_ns = refusal->first_ns;
		if (refusal->last_ns > host.last_ns)
			host.last_ns = refusal->last_ns;
		if (!host.most || refusal->count > host.most->refusal.count)
			host.most = limited;
	}
	if (!host.processes)
		return host;
	host.files_open = refusals->files_open;
	host.files_max = refusals->files_max;
	host.is_recent = host.last_ns + refusals->recent_ns >= now_ns;
	host.was_full =
		host.files_max && host.files_open >= host.files_max - host.files_max / HOST_SLACK;
	return host;
}
