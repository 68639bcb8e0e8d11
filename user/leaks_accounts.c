/* SPDX-License-Identifier: BSD-2-Clause */
/* Whose account a leak is in: the site, and the process at it. */
#include <stdlib.h>
#include <string.h>

#include "hash.h"
#include "leaks_private.h"
#include "site.h"

/*
 * What makes one account: the site id, and the program, since one interpreter's
 * stack serves many; by its name in reports, which stays the same when the program gives
 * its main thread a name. Without a site id one process, hooks' and sweeps' sockets
 * apart.
 */
static __u64 account_key(const struct leaks *leaks, const struct verdict *verdict,
			 const struct owner *owner, const struct stack *stack)
{
	__u64 parts[3] = { stack ? stack->site : 0, 0, 0 };

	memcpy(&parts[1], owner_name(owner, verdict->comm), sizeof(__u64) * 2);
	if (leaks->by_process) {
		parts[1] = verdict->tgid;
		parts[2] = (__u64)verdict->class << 1 | verdict->unknowable;
	} else if (!parts[0]) {
		parts[1] = verdict->tgid;
		parts[2] = verdict->socket.flags & PENDING_ORIGIN_UNKNOWN;
	}
	return hash_bytes(HASH_BEGIN, parts, sizeof(parts));
}

struct site *account_site(struct leaks *leaks, const struct verdict *verdict, struct owner *owner,
			  struct stack *stack)
{
	__u64 key = account_key(leaks, verdict, owner, stack);
	struct site *site;

	HASH_FIND(hh, leaks->by_key, &key, sizeof(key), site);
	if (site)
		return site;
	site = calloc(1, sizeof(*site));
	if (!site)
		return NULL;
	site->key = key;
	site->id = stack ? stack->site : 0;
	site->unknowable = leaks->by_process && verdict->unknowable;
	memcpy(site->comm, verdict->comm, sizeof(site->comm));
	memcpy(site->name, owner_name(owner, verdict->comm), sizeof(site->name));
	site->owner = owner_ref(owner);
	site->stack = stack_ref(stack);
	HASH_ADD(hh, leaks->by_key, key, sizeof(site->key), site);
	if (!site->hh.tbl) {
		site_free(site);
		return NULL;
	}
	return site;
}

struct site_process *account_process(struct leaks *leaks, struct site *site, __u32 tgid)
{
	const struct growth_memory *memory = &leaks->memory;
	struct site_process *process = site_process_get(site, tgid);

	if (process && !process->open && memory->keep)
		process->start_ns = memory->begin(site->key, tgid, &process->growth, memory->ctx);
	return process;
}

static void process_keep(struct leaks *leaks, const struct site *site,
			 const struct site_process *process, const struct growth *growth)
{
	if (process->start_ns)
		leaks->memory.keep(site->key, process->tgid, process->start_ns, growth,
				   leaks->memory.ctx);
}

void account_take_back(struct leaks *leaks, const struct site *site, struct site_process *process)
{
	growth_take_back(&process->growth);
	process_keep(leaks, site, process, &process->growth);
}

void account_leave(struct leaks *leaks, struct site *site, struct site_process *process)
{
	if (process->open == 1)
		process_keep(leaks, site, process, NULL);
	site_process_leave(site, process);
}

void account_grow(struct leaks *leaks, const struct site *site, struct site_process *process,
		  __u64 born_ns)
{
	unsigned int peak = process->growth.peak;

	process->open++;
	growth_step(&process->growth, process->open, born_ns, leaks->moment_ns);
	if (process->growth.peak != peak)
		process_keep(leaks, site, process, &process->growth);
}

/* What a process holds at all its sites. */
struct held {
	struct {
		__u32 tgid;
		__u32 unknowable;
	} key;
	unsigned int open;
	UT_hash_handle hh;
};

static struct held *held_of(struct held **all, const struct site *site)
{
	struct held key = { .key = { site->processes->tgid, site->unknowable } }, *held;

	HASH_FIND(hh, *all, &key.key, sizeof(key.key), held);
	if (held)
		return held;
	held = calloc(1, sizeof(*held));
	if (!held)
		return NULL;
	held->key = key.key;
	HASH_ADD(hh, *all, key, sizeof(held->key), held);
	if (held->hh.tbl)
		return held;
	free(held);
	return NULL;
}

void leaks__add_up(struct leaks *leaks)
{
	struct held *all = NULL, *held, *next;
	struct site *site;

	for (site = leaks->by_key; site; site = site->hh.next) {
		held = site->open && site->processes ? held_of(&all, site) : NULL;
		if (held)
			held->open += site->open;
	}
	for (site = leaks->by_key; site; site = site->hh.next) {
		held = site->open && site->processes ? held_of(&all, site) : NULL;
		site->process_open = held ? held->open : 0;
	}
	HASH_ITER(hh, all, held, next) {
		HASH_DEL(all, held);
		free(held);
	}
}
