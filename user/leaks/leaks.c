/* SPDX-License-Identifier: BSD-2-Clause */
#include "leaks/leaks_private.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <utlist.h>

#include "leaks/partial_stacks.h"
#include "leaks/site.h"
#include "stacks/call_sites.h"

/*
 * A site without open leaks is forgotten after this long: memory stays bounded. One
 * that stands for a process, having no id, comes again in no other: there may be
 * thousands in ten minutes.
 */
#define EMPTY_SITE_NS (600ULL * 1000000000)
#define EMPTY_PROCESS_NS (10ULL * 1000000000)

/*
 * Sweeps come at their intervals, or late on a host with much to do (watch.c, MAX_REST_NS, and
 * the sweep itself). More time between two of them was not watched: the machine slept, or
 * this process was stopped, and their clock went on. It is not a silence of a site.
 */
#define GAP_INTERVALS 3
#define GAP_LATENESS_NS (30ULL * 1000000000)

struct leaks *leaks__new(unsigned int classes, __u64 moment_ns, leaks_announce_fn announce,
			 void *ctx)
{
	struct leaks *leaks = calloc(1, sizeof(*leaks));

	if (!leaks)
		return NULL;
	leaks->call_sites = call_sites__new();
	if (!leaks->call_sites) {
		free(leaks);
		return NULL;
	}
	leaks->classes = classes;
	leaks->moment_ns = moment_ns;
	leaks->min_steps = MIN_STEPS;
	leaks->min_open = 1;
	leaks->announce = announce;
	leaks->announce_ctx = ctx;
	return leaks;
}

void leaks__tune(struct leaks *leaks, unsigned int min_growth, unsigned int min_open)
{
	leaks->min_steps = min_growth;
	leaks->min_open = min_open;
}

void leaks__time(struct leaks *leaks, __u64 older_than_ns, __u64 interval_ns)
{
	leaks->moment_ns = interval_ns;
	leaks->lag_ns = older_than_ns + interval_ns;
	leaks->max_gap_ns = interval_ns * GAP_INTERVALS + GAP_LATENESS_NS;
}

void leaks__begin(struct leaks *leaks, __u64 now_ns)
{
	leaks->began_ns = now_ns;
}

void leaks__on_growth(struct leaks *leaks, leaks_growth_fn on_growth, void *ctx)
{
	leaks->on_growth = on_growth;
	leaks->on_growth_ctx = ctx;
}

void leaks__remember(struct leaks *leaks, struct growth_memory memory)
{
	leaks->memory = memory;
}

static void leak_free(struct leaks *leaks, struct leak *leak)
{
	partial_stacks_remove(leaks, leak);
	owner_unref(leak->owner);
	stack_unref(leak->stack);
	stack_unref(leak->tried.stack);
	holders_clear(&leak->holders);
	free(leak);
}

void leaks__free(struct leaks *leaks)
{
	struct leak *leak, *next_leak;
	struct site *site, *next_site;

	if (!leaks)
		return;
	HASH_ITER(hh, leaks->by_socket, leak, next_leak) {
		HASH_DEL(leaks->by_socket, leak);
		leak_free(leaks, leak);
	}
	HASH_ITER(hh, leaks->by_key, site, next_site) {
		HASH_DEL(leaks->by_key, site);
		site_free(site);
	}
	ended_clear(&leaks->ended);
	renewals_clear(&leaks->renewals);
	call_sites__free(leaks->call_sites);
	free(leaks->sorted);
	free(leaks);
}

void leaks__group_by_process(struct leaks *leaks)
{
	leaks->by_process = true;
}

/* Count a leak as shown (sign 1) or no longer (sign -1). */
static void count_at_site(struct leaks *leaks, struct leak *leak, int sign)
{
	leak->site->open += sign;
	leak->site->by_class[leak->event.class] += sign;
	leaks->totals.open += sign;
	if (sign > 0) {
		leak->site->total++;
		leaks->totals.total++;
	}
}

/* With all holders that are known now. */
static void announce_whole(struct leaks *leaks, struct leak *leak, enum leaks_change change)
{
	leak->reported = true;
	leak->shown_holders = holders_hash(&leak->holders);
	leaks->announce(leak, change, leaks->announce_ctx);
}

static void show(struct leaks *leaks, struct leak *leak)
{
	leak->held_back = false;
	count_at_site(leaks, leak, 1);
	announce_whole(leaks, leak, LEAKS_OPENED);
}

/* Show what was held back in a process that has grown. */
static void process_release(struct leaks *leaks, struct site *site, struct site_process *process)
{
	struct leak *leak;

	DL_FOREACH(site->leaks, leak) {
		if (!leak->held_back || leak->process != process)
			continue;
		site->held_back--;
		leaks->totals.held_back--;
		show(leaks, leak);
	}
}

static struct leak *leak_find(struct leaks *leaks, const struct event *event)
{
	struct leak_key key = { event->socket.inode, event->socket.since_ns };
	struct leak *leak;

	HASH_FIND(hh, leaks->by_socket, &key, sizeof(key), leak);
	return leak;
}

__u32 leaks__holder(struct leaks *leaks, const struct event *event)
{
	struct leak *leak = leak_find(leaks, event);

	return leak ? leak->event.tgid : 0;
}

/* A later stack takes the place of an earlier one. */
static void leak_take_tried(struct leak *leak, const struct tried *tried)
{
	if (!tried || !tried->stack)
		return;
	stack_unref(leak->tried.stack);
	leak->tried = (struct tried){ stack_ref(tried->stack), tried->call };
}

static int leak_open(struct leaks *leaks, const struct event *event, struct owner *owner,
		     struct stack *stack, const struct tried *tried)
{
	bool whole = stack && stack->source == STACK_SNAPSHOT;
	struct site *site = account_site(leaks, event, owner, stack);
	struct site_process *process;
	struct leak *leak;

	if (whole && site) /* the older ones first; accounts of processes may end by it */
		partial_stacks_gather(leaks, event, stack);
	process = site ? account_process(leaks, site, event) : NULL;
	leak = process ? calloc(1, sizeof(*leak)) : NULL;
	if (!leak)
		return -ENOMEM;
	leak->event = *event;
	leak->key = (struct leak_key){ event->socket.inode, event->socket.since_ns };
	HASH_ADD(hh, leaks->by_socket, key, sizeof(leak->key), leak);
	if (!leak->hh.tbl) {
		free(leak);
		return -ENOMEM;
	}
	leak->owner = owner_ref(owner);
	leak->stack = stack_ref(stack);
	leak_take_tried(leak, tried);
	leak->site = site;
	partial_stacks_add(leaks, leak);
	holders_add(&leak->holders, event, event->socket.tgid);
	leak->process = process;
	site_show_better(site, stack);
	DL_PREPEND(site->leaks, leak);
	account_grow(leaks, leak);
	if (event->maybe_in_use && !growth_began(&process->growth, leaks->min_steps)) {
		leak->held_back = true;
		site->held_back++;
		leaks->totals.held_back++;
		return 0;
	}
	show(leaks, leak);
	if (site->held_back && growth_began(&process->growth, leaks->min_steps))
		process_release(leaks, site, process);
	return 0;
}

/* It is open no more; -> leak_forget(). */
static void unaccount(struct leaks *leaks, struct leak *leak)
{
	if (leak->held_back) {
		leak->site->held_back--;
		leaks->totals.held_back--;
	} else {
		count_at_site(leaks, leak, -1);
	}
}

static void leak_forget(struct leaks *leaks, struct leak *leak)
{
	DL_DELETE(leak->site->leaks, leak);
	account_leave(leaks, leak->site, leak->process);
	HASH_DEL(leaks->by_socket, leak);
	leak_free(leaks, leak);
}

/* Its process has exited or crashed with it. */
static void keep_end(struct leaks *leaks, const struct leak *leak)
{
	struct site_process *process = leak->process;
	bool grew = process->growth.peak >= leaks->min_open &&
		    growth_began(&process->growth, leaks->min_steps);

	ended_add(&leaks->ended, leak, grew, !process->ended);
	process->ended = true;
}

/* The leak has ended, as its event says. */
static void leak_close(struct leaks *leaks, struct leak *leak)
{
	enum end_reason reason = leak->event.reason;

	unaccount(leaks, leak);
	account_end(leak->site, leak->process);
	if (!leak->held_back) {
		leak->site->resolved[reason]++;
		leaks->totals.resolved[reason]++;
		leaks->announce(leak, LEAKS_RESOLVED, leaks->announce_ctx);
		if (reason == END_EXITED)
			keep_end(leaks, leak);
	}
	leak_forget(leaks, leak);
}

void leaks__drop(struct leaks *leaks, bool (*drops)(const struct leak *leak, void *ctx), void *ctx)
{
	struct leak *leak, *next;

	HASH_ITER(hh, leaks->by_socket, leak, next) {
		if (!drops(leak, ctx))
			continue;
		unaccount(leaks, leak);
		account_drop(leak->site, leak->process, &leak->event);
		leak_forget(leaks, leak);
	}
}

/* One that is not known is wanted with those on which nothing was tried: it would be of these. */
static bool wants_class(const struct leaks *leaks, unsigned int cls)
{
	return leaks->classes & 1U << (cls == CLASS_NONE ? CLASS_NEVER_USED : cls);
}

static bool is_unwanted(const struct leak *leak, void *ctx)
{
	return !wants_class(ctx, leak->event.class);
}

void leaks__want(struct leaks *leaks, unsigned int classes)
{
	leaks->classes = classes;
	leaks__drop(leaks, is_unwanted, leaks);
}

/* Another process holds it now: its own account there, the site stays. */
static int leak_move(struct leaks *leaks, struct leak *leak, const struct event *event)
{
	struct site_process *process = account_process(leaks, leak->site, event);

	if (!process)
		return -ENOMEM;
	process->open++;
	account_leave(leaks, leak->site, leak->process);
	leak->process = process;
	return 0;
}

/* A leak has another class or holder now. Held back it stays so unless use can be reported now. */
static int leak_change(struct leaks *leaks, struct leak *leak, const struct event *event,
		       struct owner *owner, const struct tried *tried)
{
	if (event->tgid != leak->event.tgid && leak_move(leaks, leak, event))
		return -ENOMEM;
	leak_take_tried(leak, tried);
	if (owner) {
		owner_unref(leak->owner);
		leak->owner = owner_ref(owner);
	}
	holders_add(&leak->holders, event, event->socket.tgid);
	if (leak->held_back) {
		leak->event = *event;
		if (!event->maybe_in_use) {
			leak->site->held_back--;
			leaks->totals.held_back--;
			show(leaks, leak);
		}
		return 0;
	}
	leak->site->by_class[leak->event.class]--;
	leak->event = *event;
	leak->site->by_class[leak->event.class]++;
	announce_whole(leaks, leak, LEAKS_CHANGED);
	return 0;
}

/* One more process holds a leak, or one less: reported at the end of the sweep. */
static void leak_hold(struct leak *leak, const struct event *event)
{
	if (event->kind == EVENT_HELD ?
		    holders_add(&leak->holders, event, leak->event.socket.tgid) > 0 :
		    holders_remove(&leak->holders, event->tgid))
		leak->reported = false;
}

int leaks__apply(struct leaks *leaks, const struct event *event, struct owner *owner,
		 struct stack *stack)
{
	return leaks__apply_tried(leaks, event, owner, stack, /* tried= */ NULL);
}

int leaks__apply_tried(struct leaks *leaks, const struct event *event, struct owner *owner,
		       struct stack *stack, const struct tried *tried)
{
	struct leak *leak = leak_find(leaks, event);
	bool wanted = wants_class(leaks, event->class);

	if (event->kind == EVENT_HELD || event->kind == EVENT_LEFT) {
		if (leak)
			leak_hold(leak, event);
		return 0;
	}
	if (event->kind == EVENT_ENDED) {
		account_renewal(leaks, event);
		if (leak) {
			/* It ends under the name it was shown by, with the last evidence. */
			leak->event.now_ns = event->now_ns;
			if (!event->given_up)
				leak->event.socket = event->socket;
			leak->event.reason = event->reason;
			leak_close(leaks, leak);
		}
		return 0;
	}
	if (!leak)
		return wanted ? leak_open(leaks, event, owner, stack, tried) : 0;
	if (wanted)
		return leak_change(leaks, leak, event, owner, tried);
	leak->event.reason = END_RECLASSIFIED; /* something was tried that classes it anew */
	leak_close(leaks, leak);
	return 0;
}

/*
 * The holders of a leak have changed, and are not those that were reported: of processes that share
 * a long fd table one sweep may meet all, and the next one only the first. A leak that nobody holds
 * is about to end.
 */
static void report_holders(struct leaks *leaks, struct site *site)
{
	struct leak *leak;

	DL_FOREACH(site->leaks, leak) {
		if (leak->reported || leak->held_back || !leak->holders.count)
			continue;
		leak->reported = true;
		if (holders_hash(&leak->holders) != leak->shown_holders)
			announce_whole(leaks, leak, LEAKS_CHANGED);
	}
}

void leaks__tick(struct leaks *leaks, __u64 now_ns)
{
	struct site *site, *next;
	bool changes;

	HASH_ITER(hh, leaks->by_key, site, next) {
		if (site->leaks) {
			site->empty_since_ns = 0;
		} else if (!site->empty_since_ns) {
			site->empty_since_ns = now_ns;
		} else if (now_ns - site->empty_since_ns >
			   (site->id ? EMPTY_SITE_NS : EMPTY_PROCESS_NS)) {
			HASH_DEL(leaks->by_key, site);
			site_free(site);
			continue;
		}
		changes = account_tick(leaks, site, now_ns);
		site_summarize(site);
		report_holders(leaks, site);
		if (changes && leaks->on_growth)
			leaks->on_growth(site, leaks->on_growth_ctx);
	}
	account_forget_renewals(leaks, now_ns);
	leaks->ticked_ns = now_ns;
}
