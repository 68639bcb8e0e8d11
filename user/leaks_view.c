/* SPDX-License-Identifier: BSD-2-Clause */
/* The answers of leaks.h: what the accounts say, without a change to them. */
#include <errno.h>
#include <stdlib.h>

#include "leaks_private.h"
#include "site.h"

long leaks__sites(struct leaks *leaks, struct site *const **ret_sites)
{
	size_t all = HASH_COUNT(leaks->by_key), count = 0;
	struct site *site, *next;

	if (all > leaks->sorted_room) {
		struct site **bigger = realloc(leaks->sorted, all * sizeof(*bigger));

		if (!bigger)
			return -ENOMEM;
		leaks->sorted = bigger;
		leaks->sorted_room = all;
	}
	HASH_ITER(hh, leaks->by_key, site, next)
		if (site->open)
			leaks->sorted[count++] = site;
	if (count)
		qsort(leaks->sorted, count, sizeof(*leaks->sorted), site_worse_first);
	*ret_sites = leaks->sorted;
	return (long)count;
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
	return totals;
}
