/* SPDX-License-Identifier: BSD-2-Clause */
/* The answers of leaks.h: what the accounts say, without a change to them. */
#include <errno.h>
#include <stdlib.h>

#include "leaks/leaks_private.h"
#include "leaks/site.h"

/* For all the sites that there are. */
static int view_make_room(struct leaks *leaks)
{
	size_t all = HASH_COUNT(leaks->by_key) + HASH_COUNT(leaks->ended.sites);
	struct site **bigger;

	/* One more than needed: even without sites there is an array, to which 0 may be added. */
	if (all < leaks->sorted_room)
		return 0;
	bigger = realloc(leaks->sorted, (all + 1) * sizeof(*bigger));
	if (!bigger)
		return -ENOMEM;
	leaks->sorted = bigger;
	leaks->sorted_room = all + 1;
	return 0;
}

/* Put those that have or had `open` leaks at `sorted`, the worst first; their number. */
static size_t sort_known(const struct leaks *leaks, struct site **sorted, bool open)
{
	struct site *site, *next;
	size_t count = 0;

	HASH_ITER(hh, leaks->by_key, site, next)
		if (open ? site->open : !site->open && site->total)
			sorted[count++] = site;
	if (count)
		qsort(sorted, count, sizeof(struct site *), site_worse_first);
	return count;
}

/* Those that had grown, or those that had not. */
static size_t sort_ended(const struct leaks *leaks, struct site **sorted, bool grew)
{
	struct site *site, *next;
	size_t count = 0;

	HASH_ITER(hh, leaks->ended.sites, site, next)
		if (site->ended.grew == grew)
			sorted[count++] = site;
	if (count)
		qsort(sorted, count, sizeof(struct site *), ended_worse_first);
	return count;
}

long leaks__sites(struct leaks *leaks, struct site *const **ret_sites)
{
	if (view_make_room(leaks))
		return -ENOMEM;
	*ret_sites = leaks->sorted;
	return (long)sort_known(leaks, leaks->sorted, true);
}

long leaks__known(struct leaks *leaks, struct site *const **ret_sites)
{
	size_t open;

	if (view_make_room(leaks))
		return -ENOMEM;
	*ret_sites = leaks->sorted;
	open = sort_known(leaks, leaks->sorted, true);
	return (long)(open + sort_known(leaks, leaks->sorted + open, false));
}

bool leaks__process_rate(const struct leaks *leaks, __u32 tgid, double *ret_per_minute)
{
	const struct site *site;
	double per_minute = 0;
	bool known = false;

	for (site = leaks->by_key; site; site = site->hh.next) {
		const struct site_process *process;

		if (!site->leaking)
			continue;
		HASH_FIND(hh, site->processes, &tgid, sizeof(tgid), process);
		if (!process || !process->rate.known)
			continue;
		per_minute += process->rate.per_minute;
		known = true;
	}
	if (known)
		*ret_per_minute = per_minute;
	return known;
}

unsigned int leaks__open_in(const struct leaks *leaks, __u32 tgid)
{
	const struct site_process *process;
	unsigned int open = 0;

	for (const struct site *site = leaks->by_key; site; site = site->hh.next) {
		if (!site->open)
			continue;
		HASH_FIND(hh, site->processes, &tgid, sizeof(tgid), process);
		open += process ? process->open : 0;
	}
	return open;
}

bool leaks__has_growth(const struct leaks *leaks, const struct site *site,
		       const struct site_process *process)
{
	return site->leaking || (process->open >= leaks->min_open &&
				 growth_began(&process->growth, leaks->min_steps));
}

bool leaks__is_of_growth(const struct leaks *leaks, const struct leak *leak)
{
	return leaks__has_growth(leaks, leak->site, leak->process);
}

struct leaks_totals leaks__totals(const struct leaks *leaks)
{
	struct leaks_totals totals = leaks->totals;
	const struct site *site;

	for (site = leaks->by_key; site; site = site->hh.next) {
		totals.sites += site->open > 0;
		totals.leaking += site->open > 0 && site->leaking;
	}
	totals.ended = ended_grown(&leaks->ended);
	totals.ended_not_kept = leaks->ended.not_kept;
	totals.exited_not_kept = leaks->ended.exited_not_kept;
	return totals;
}

long leaks__ended(struct leaks *leaks, bool all, struct site *const **ret_sites)
{
	size_t count;

	if (view_make_room(leaks))
		return -ENOMEM;
	count = sort_ended(leaks, leaks->sorted, true);
	if (all)
		count += sort_ended(leaks, leaks->sorted + count, false);
	*ret_sites = leaks->sorted;
	return (long)count;
}

long leaks__listed(struct leaks *leaks, bool all, struct site *const **ret_sites)
{
	size_t ended = ended_grown(&leaks->ended), open, leaking = 0;
	struct site **sorted;

	if (view_make_room(leaks))
		return -ENOMEM;
	/* Those that leak move to the front, and those that ended take the gap behind them. */
	sorted = leaks->sorted;
	open = sort_known(leaks, sorted + ended, true);
	for (; leaking < open && sorted[ended + leaking]->leaking; leaking++)
		sorted[leaking] = sorted[ended + leaking];
	sort_ended(leaks, sorted + leaking, true);
	*ret_sites = sorted;
	return (long)(ended + open + (all ? sort_ended(leaks, sorted + ended + open, false) : 0));
}

void leaks__forget_ended(struct leaks *leaks, __u64 before_ns)
{
	ended_forget(&leaks->ended, before_ns);
}

const char *leaks_change_name(enum leaks_change change)
{
	switch (change) {
	case LEAKS_OPENED:
		return "opened";
	case LEAKS_CHANGED:
	case LEAKS_MOVED:
		return "changed";
	case LEAKS_RESOLVED:
		return "resolved";
	}
	return NULL;
}
