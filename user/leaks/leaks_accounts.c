/* SPDX-License-Identifier: BSD-2-Clause */
/* The accounts of leaks: the site, and the process at it. */
#include <stdlib.h>
#include <string.h>

#include "leaks/leaks_private.h"
#include "leaks/site.h"
#include "lib/hash.h"
#include "lib/time.h"

/* A site that has just been seen: the next sweep will know more. */
#define TOO_EARLY_NS NSEC_PER_SEC
/* A socket is counted later than --older-than says when its connect takes minutes. */
#define SLOW_CONNECT_NS (300ULL * 1000000000)

/*
 * The key of an account: the site id, and the program, since one interpreter's stack serves many;
 * by its name in reports, which stays the same when the program gives its main thread a name. A
 * guest is a host of its own: a program in two machines has two accounts. Without a site id one
 * process, hooks' and sweeps' sockets apart.
 */
static __u64 account_key(const struct leaks *leaks, const struct event *event,
			 const struct owner *owner, const struct stack *stack)
{
	const char *machine = owner->machine ?: "";
	__u64 parts[3] = { stack ? stack->site : 0, 0, 0 };

	memcpy(&parts[1], owner_name(owner, event->comm), sizeof(__u64) * 2);
	if (leaks->by_process) {
		parts[1] = event->tgid;
		parts[2] = (__u64)event->class << 1 | event->maybe_in_use;
	} else if (!parts[0]) {
		parts[1] = event->tgid;
		parts[2] = event->socket.flags & PENDING_ORIGIN_UNKNOWN;
	}
	return hash_bytes(hash_bytes(HASH_BEGIN, machine, strlen(machine)), parts, sizeof(parts));
}

struct site *account_site(struct leaks *leaks, const struct event *event, struct owner *owner,
			  struct stack *stack)
{
	__u64 key = account_key(leaks, event, owner, stack);
	struct site *site;

	HASH_FIND(hh, leaks->by_key, &key, sizeof(key), site);
	if (site)
		return site;
	site = calloc(1, sizeof(*site));
	if (!site)
		return NULL;
	site->key = key;
	site->id = stack ? stack->site : 0;
	site->maybe_in_use = leaks->by_process && event->maybe_in_use;
	site->is_new = true;
	memcpy(site->comm, event->comm, sizeof(site->comm));
	memcpy(site->name, owner_name(owner, event->comm), sizeof(site->name));
	site->owner = owner_ref(owner);
	site->stack = stack_ref(stack);
	HASH_ADD(hh, leaks->by_key, key, sizeof(site->key), site);
	if (!site->hh.tbl) {
		site_free(site);
		return NULL;
	}
	return site;
}

struct site_process *account_process(struct leaks *leaks, struct site *site,
				     const struct event *event)
{
	const struct growth_memory *memory = &leaks->memory;
	struct site_process *process = site_process_get(site, event->tgid);

	if (!process || process->open || !memory->keep)
		return process;
	process->start_ns = memory->begin(site->key, event->tgid, &process->growth, memory->ctx);
	growth_resume(&process->growth, event->now_ns);
	return process;
}

static void process_keep(struct leaks *leaks, const struct site *site,
			 const struct site_process *process, const struct growth *growth)
{
	if (process->start_ns)
		leaks->memory.keep(site->key, process->tgid, process->start_ns, growth,
				   leaks->memory.ctx);
}

void account_take_back(struct site *site, struct site_process *process, const struct event *event)
{
	growth_take_back(&process->growth);
	account_drop(site, process, event);
}

void account_drop(struct site *site, struct site_process *process, const struct event *event)
{
	rate_take_back(&process->rate, event->socket.since_ns);
	rate_take_back(&site->rate, event->socket.since_ns);
}

void account_end(struct site *site, struct site_process *process)
{
	rate_end(&process->rate);
	rate_end(&site->rate);
}

/*
 * Was the socket there before the watch? The first sweep has met it then. Sockets that a later
 * sweep meets as of unknown origin (of io_uring, or dissolved) come again and again, and do not
 * count.
 */
static bool is_of_before(const struct leaks *leaks, const struct pending *socket)
{
	return socket->flags & PENDING_ORIGIN_UNKNOWN && !(socket->flags & PENDING_DISSOLVED) &&
	       socket->since_ns < leaks->began_ns + leaks->moment_ns;
}

void account_renewal(struct leaks *leaks, const struct event *event)
{
	if (event->reason == END_CLOSED && is_of_before(leaks, &event->socket))
		renewals_end(&leaks->renewals, event->tgid, event->now_ns);
}

void account_forget_renewals(struct leaks *leaks, __u64 now_ns)
{
	__u64 kept_ns = leaks->lag_ns + SLOW_CONNECT_NS;

	if (now_ns > kept_ns)
		renewals_forget(&leaks->renewals, now_ns - kept_ns);
}

void account_leave(struct leaks *leaks, struct site *site, struct site_process *process)
{
	if (process->open == 1)
		process_keep(leaks, site, process, NULL);
	site_process_leave(site, process);
}

/*
 * Now. But a socket that an earlier run may have counted, or that was suppressed until a
 * reload, is counted as of the time when it could have been at first.
 */
static __u64 counted_at(const struct leaks *leaks, const struct event *event)
{
	__u64 born_ns = event->socket.since_ns, could_ns = born_ns + leaks->lag_ns;
	__u64 now_ns = event->now_ns > born_ns ? event->now_ns : born_ns;

	if (event->kind == EVENT_LEAK && born_ns >= leaks->began_ns)
		return now_ns;
	return could_ns < now_ns ? could_ns : now_ns;
}

/*
 * An end is found by the next sweep, and the socket that takes its place may be made one
 * sweep later still.
 */
static __u64 renewal_window(const struct leaks *leaks)
{
	return 2 * leaks->moment_ns;
}

/* Does the leak take the place of a socket of before the watch? That is found out once. */
static bool is_renewal(struct leaks *leaks, struct leak *leak, const struct growth_birth *birth)
{
	if (!leak->is_counted && leaks->min_steps > 1) /* or all are reported */
		leak->is_renewal = renewals_take(&leaks->renewals, leak->process->tgid,
						 birth->born_ns, renewal_window(leaks));
	leak->is_counted = true;
	return leak->is_renewal;
}

void account_grow(struct leaks *leaks, struct leak *leak)
{
	const struct event *event = &leak->event;
	struct site_process *process = leak->process;
	struct growth_birth birth = { event->socket.since_ns, counted_at(leaks, event),
				      leaks->moment_ns };

	process->open++;
	if (event->socket.flags & PENDING_ORIGIN_UNKNOWN) {
		growth_step(&process->growth, process->open, &birth);
		return; /* since_ns is when a sweep met it */
	}
	rate_birth(&process->rate, birth.born_ns, birth.counted_ns);
	rate_birth(&leak->site->rate, birth.born_ns, birth.counted_ns);
	if (is_renewal(leaks, leak, &birth)) {
		growth_renew(&process->growth, process->open);
		rate_end(&process->rate);
		rate_end(&leak->site->rate);
		return;
	}
	growth_step(&process->growth, process->open, &birth);
}

/* The time since the last tick in which a socket could have been counted. */
static __u64 watched_since(const struct leaks *leaks, __u64 now_ns)
{
	__u64 from_ns = leaks->began_ns + leaks->lag_ns;

	if (!leaks->ticked_ns)
		return 0;
	if (from_ns < leaks->ticked_ns)
		from_ns = leaks->ticked_ns;
	if (now_ns <= from_ns)
		return 0;
	if (leaks->max_gap_ns && now_ns - from_ns > leaks->max_gap_ns)
		return leaks->max_gap_ns;
	return now_ns - from_ns;
}

bool account_tick(struct leaks *leaks, struct site *site, __u64 now_ns)
{
	__u64 watched_ns = watched_since(leaks, now_ns);
	struct site_process *process;
	bool grows = false, has_grown = false, changes;

	for (process = site->processes; process; process = process->hh.next) {
		if (growth_tick(&process->growth, now_ns, watched_ns))
			process_keep(leaks, site, process, &process->growth);
		rate_update(&process->rate, now_ns);
		if (process->open < leaks->min_open)
			continue;
		has_grown |= growth_began(&process->growth, leaks->min_steps);
		grows |= growth_goes_on(&process->growth, leaks->min_steps);
	}
	changes = grows != site->leaking;
	site->leaking = grows;
	rate_update(&site->rate, now_ns);
	if (!site->open)
		site->seen_ns = 0;
	else if (!site->seen_ns)
		site->seen_ns = now_ns;
	site->is_new = site->seen_ns && !has_grown &&
		       (now_ns - site->seen_ns < TOO_EARLY_NS ||
			(site->rate.per_minute > 0 && site->rate.more > 1));
	return changes;
}

/* The sockets that a process holds at all its sites. */
struct held {
	struct {
		__u32 tgid;
		__u32 maybe_in_use;
	} key;
	unsigned int open;
	UT_hash_handle hh;
};

static struct held *held_of(struct held **all, const struct site *site)
{
	struct held key = { .key = { site->processes->tgid, site->maybe_in_use } }, *held;

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
