/* SPDX-License-Identifier: BSD-2-Clause */
/* Processes whose descriptors climb by something else than leaked sockets: "climbing". */
#include "leaks/growth/climbs.h"
#include "report/json/json_parts.h"

static void put_kinds(struct json *json, const struct climber *climber)
{
	if (!climber->looked_ns) {
		json_null(json, "kinds");
		return;
	}
	json_begin_object(json, "kinds");
	for (int kind = 0; kind < DESCRIPTOR_KINDS; kind++)
		if (climber->by_kind[kind])
			json_u64(json, descriptor_kind_name(kind), climber->by_kind[kind]);
	json_end_object(json);
}

static void put_growing(struct json *json, const struct climber *climber)
{
	struct kind_growth kinds[KINDS_GROWN];
	bool sure;
	unsigned int count = climber_kinds(climber, kinds, &sure);

	json_begin_array(json, "growing");
	for (unsigned int i = 0; sure && i < count; i++) {
		json_begin_object(json, NULL);
		json_string(json, "kind", descriptor_kind_name(kinds[i].kind));
		json_u64(json, "count", kinds[i].count);
		json_u64(json, "more", kinds[i].more);
		json_end_object(json);
	}
	json_end_array(json);
}

static void put_climber(struct json *json, const struct climber *climber,
			const struct summary *summary)
{
	const struct stack *stack = climber_stack(climber);
	double per_minute;

	json_begin_object(json, NULL);
	json_u64(json, "pid", climber->process.tgid);
	put_comm(json, "comm", climber->process.comm, true);
	put_comm(json, "name", climber_name(climber), true);
	put_workload(json, climber->owner);
	json_u64(json, "descriptors_before", climber->climb.base);
	json_u64(json, "descriptors", climber->climb.count);
	put_date(json, "since", climber->climb.began_ns, summary, true);
	if (climber_per_minute(climber, summary->now_ns, &per_minute))
		json_double(json, "per_minute", per_minute);
	else
		json_null(json, "per_minute");
	put_growing(json, climber);
	put_kinds(json, climber);
	put_site(json, stack);
	put_culprit(json, stack, climber->owner);
	json_end_object(json);
}

void put_climbing(struct json *json, const struct summary *summary)
{
	const struct climber *list[OPTIONS_MOST_CLIMBING];
	size_t count = climbs__list(summary->climbs, OPTIONS_MOST_CLIMBING, list);

	json_begin_array(json, "climbing");
	for (size_t i = 0; i < count; i++)
		put_climber(json, list[i], summary);
	json_end_array(json);
}
