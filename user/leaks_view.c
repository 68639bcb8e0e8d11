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

/* At a site of several processes each has its share by what it holds. */
double leaks__process_rate(const struct leaks *leaks, __u32 tgid)
{
	const struct site *site;
	double per_minute = 0;

	for (site = leaks->by_key; site; site = site->hh.next) {
		const struct site_process *process;

		if (!site->leaking || !site->rate.known)
			continue;
		HASH_FIND(hh, site->processes, &tgid, sizeof(tgid), process);
		if (process)
			per_minute += site->rate.per_minute * process->open /
				      (site->open + site->held_back);
	}
	return per_minute;
}

bool leaks__is_of_growth(const struct leaks *leaks, const struct leak *leak)
{
	return leak->site->leaking || (leak->process->open >= leaks->min_open &&
				       growth_began(&leak->process->growth, leaks->min_steps));
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
