/* SPDX-License-Identifier: BSD-2-Clause */
/* "ways" of the summary: by which whole stacks the sockets of the worst sites were made. */
#include "leaks/ways.h"
#include "report/json/json_parts.h"

static void put_way(struct json *json, const struct way *way)
{
	json_begin_object(json, NULL);
	json_u64(json, "open", way->open);
	put_stack(json, way->stack);
	json_end_object(json);
}

/* A site of one way has none here: each of its leaks has the stack. */
static void put_site_ways(struct json *json, const struct site *site, unsigned int max)
{
	_cleanup_ways_ struct ways ways = { 0 };

	if (ways_find(site, max, &ways)) {
		json->out->failed = true;
		return;
	}
	if (ways.count + ways.more <= 1)
		return;
	json_begin_object(json, NULL);
	put_site(json, site->stack);
	put_comm(json, "comm", site->comm, true);
	put_comm(json, "name", site->name, true);
	json_u64(json, "open", site->open);
	json_begin_array(json, "ways");
	for (unsigned int i = 0; i < ways.count; i++)
		put_way(json, &ways.list[i]);
	json_end_array(json);
	json_u64(json, "more_ways", ways.more);
	json_u64(json, "more_open", ways.more_open);
	json_end_object(json);
}

void put_ways(struct json *json, struct leaks *leaks, const struct summary *summary,
	      unsigned int top)
{
	struct site *const *sites;
	long count = leaks__sites(leaks, &sites);

	json_begin_array(json, "ways");
	for (long i = 0; i < count && i < (long)top; i++)
		put_site_ways(json, sites[i], summary->max_ways);
	json_end_array(json);
}
