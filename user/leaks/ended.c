/* SPDX-License-Identifier: BSD-2-Clause */
#include "leaks/ended.h"

#include <stdlib.h>
#include <string.h>
#include <utlist.h>

#include "leaks/site.h"

static void drop_sample(struct site *site)
{
	struct leak *leak = site->leaks;

	if (!leak)
		return;
	DL_DELETE(site->leaks, leak);
	owner_unref(leak->owner);
	stack_unref(leak->stack);
	free(leak);
}

static void forget_ended(struct ended *ended, struct site *site)
{
	HASH_DEL(ended->sites, site);
	drop_sample(site);
	site_free(site);
}

void ended_clear(struct ended *ended)
{
	while (ended->sites)
		forget_ended(ended, ended->sites);
}

void ended_forget(struct ended *ended, __u64 before_ns)
{
	struct site *site, *next;

	HASH_ITER(hh, ended->sites, site, next)
		if (site->ended.ns < before_ns)
			forget_ended(ended, site);
}

size_t ended_grown(const struct ended *ended)
{
	size_t count = 0;

	for (const struct site *site = ended->sites; site; site = site->hh.next)
		count += site->ended.grew;
	return count;
}

/* Would `site` rather give way than `other`? */
static bool ended_gives_way(const struct site *site, const struct site *other)
{
	if (site->ended.grew != other->ended.grew)
		return !site->ended.grew;
	return site->ended.ns < other->ended.ns;
}

static void count_lost(struct ended *ended, bool grew)
{
	*(grew ? &ended->not_kept : &ended->exited_not_kept) += 1;
}

/* Room for one more: false when all that are there matter more. */
static bool ended_make_room(struct ended *ended, bool grew)
{
	struct site *site, *first = ended->sites;

	if (HASH_COUNT(ended->sites) < ENDED_SITES)
		return true;
	for (site = ended->sites; site; site = site->hh.next)
		if (ended_gives_way(site, first))
			first = site;
	if (first->ended.grew && !grew)
		return false;
	count_lost(ended, first->ended.grew);
	forget_ended(ended, first);
	return true;
}

static struct site *site_find(struct ended *ended, const struct site *of)
{
	struct site *site;

	HASH_FIND(hh, ended->sites, &of->key, sizeof(of->key), site);
	return site;
}

static struct site *ended_site(struct ended *ended, const struct site *of, bool grew)
{
	struct site *site = site_find(ended, of);

	if (site)
		return site;
	site = ended_make_room(ended, grew) ? calloc(1, sizeof(*site)) : NULL;
	if (!site)
		return NULL;
	site->key = of->key;
	site->id = of->id;
	memcpy(site->comm, of->comm, sizeof(site->comm));
	memcpy(site->name, of->name, sizeof(site->name));
	HASH_ADD(hh, ended->sites, key, sizeof(site->key), site);
	if (site->hh.tbl)
		return site;
	free(site);
	return NULL;
}

/* The latest are named: the one that was named first gives way. */
static void count_process(struct site *site, __u32 tgid, bool first)
{
	struct site_process *process, *oldest = site->processes;

	HASH_FIND(hh, site->processes, &tgid, sizeof(tgid), process);
	site->ended.processes += first;
	if (!process && first) {
		if (HASH_COUNT(site->processes) >= ENDED_PROCESSES) {
			HASH_DEL(site->processes, oldest);
			free(oldest);
		}
		process = site_process_get(site, tgid);
	}
	if (process)
		process->open++;
	if (first)
		site->ended.tgid = tgid;
}

/* One of the class that most have, of the process that ended last. */
static void keep_sample(struct site *site, const struct leak *leak, bool first)
{
	struct leak *sample;

	if (leak->event.class != site->class ||
	    (site->leaks && site->leaks->event.class == site->class && !first))
		return;
	sample = calloc(1, sizeof(*sample));
	if (!sample)
		return;
	drop_sample(site);
	sample->event = leak->event;
	sample->owner = owner_ref(leak->owner);
	sample->stack = stack_ref(leak->stack);
	sample->site = site;
	DL_PREPEND(site->leaks, sample);
}

void ended_add(struct ended *ended, const struct leak *leak, bool grew, bool first)
{
	struct site *site =
		first ? ended_site(ended, leak->site, grew) : site_find(ended, leak->site);
	__u64 since_ns = leak->event.socket.since_ns;

	if (!site) {
		if (first)
			count_lost(ended, grew);
		return;
	}
	site->ended.sockets++;
	site->ended.ns = leak->event.now_ns;
	site->ended.grew |= grew;
	site->by_class[leak->event.class]++;
	site_class(site);
	if (!site->oldest_ns || since_ns < site->oldest_ns)
		site->oldest_ns = since_ns;
	owner_unref(site->owner);
	site->owner = owner_ref(leak->owner);
	site_show_better(site, leak->site->stack);
	count_process(site, leak->event.tgid, first);
	keep_sample(site, leak, first);
}

int ended_worse_first(const void *a, const void *b)
{
	const struct site *x = *(struct site *const *)a, *y = *(struct site *const *)b;

	if (x->ended.grew != y->ended.grew)
		return y->ended.grew - x->ended.grew;
	if (x->ended.sockets != y->ended.sockets)
		return x->ended.sockets < y->ended.sockets ? 1 : -1;
	if (x->ended.ns != y->ended.ns)
		return x->ended.ns < y->ended.ns ? 1 : -1;
	return x->key < y->key ? -1 : x->key > y->key;
}
