/* SPDX-License-Identifier: BSD-2-Clause */
#include "leaks/process_total.h"

/* Sites of a process whose code may be that of most: the worst come first. */
#define MAX_CANDIDATES 64

static unsigned int made_at(const struct code_place *place, struct site *const *sites, long count)
{
	unsigned int made = 0;

	for (long i = 0; i < count; i++) {
		struct code_place other = site_culprit(sites[i]).where;

		if (code_place_equal(place, &other))
			made += sites[i]->open;
	}
	return made;
}

static void find_place(struct process_total *total, struct site *const *sites)
{
	for (long i = 0; i < total->rows && i < MAX_CANDIDATES; i++) {
		struct code_place place = site_culprit(sites[i]).where;
		unsigned int made = place.frame ? made_at(&place, sites, total->rows) : 0;

		if (made <= total->made)
			continue;
		total->made = made;
		total->made_by = sites[i];
	}
}

static void add_site(struct process_total *total, const struct site *site)
{
	total->rows++;
	total->open += site->open;
	for (int cls = 0; cls < CLASS_COUNT; cls++)
		total->by_class[cls] += site->by_class[cls];
	/* Sockets that were there when the process was first seen are of unknown origin. */
	if (!site->oldest_ns || site->by_class[CLASS_UNKNOWN_ORIGIN])
		total->all_ages_known = false;
	if (site->oldest_ns && (!total->oldest_ns || site->oldest_ns < total->oldest_ns))
		total->oldest_ns = site->oldest_ns;
}

struct process_total process_total(struct site *const *sites, long count)
{
	struct process_total total = { .site = sites[0], .all_ages_known = true };

	for (long i = 0; i < count && sites[i]->processes->tgid == sites[0]->processes->tgid &&
			 sites[i]->maybe_in_use == sites[0]->maybe_in_use;
	     i++)
		add_site(&total, sites[i]);
	find_place(&total, sites);
	return total;
}
