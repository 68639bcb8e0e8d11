/* SPDX-License-Identifier: BSD-2-Clause */
/* The descriptors of processes that climb, by workload and kind. */
#include <stdlib.h>
#include <string.h>

#include "leaks/growth/climbs.h"
#include "lib/text.h"
#include "report/metrics/exposition.h"
#include "report/metrics/prometheus_parts.h"
#include "report/metrics/series.h"

/* The climbing processes of one workload, summed up. */
struct climb_series {
	struct text labels;
	__u64 by_kind[DESCRIPTOR_KINDS];
};

/* That of these labels, of `count`; it may be the one behind the last. */
static struct climb_series *find_series(struct climb_series *series, size_t count,
					const struct text *labels)
{
	while (count-- > 0 && strcmp(text_str(&series->labels), text_str(labels)) != 0)
		series++;
	return series;
}

static size_t collect_climbers(const struct climber *const *list, size_t count,
			       struct climb_series *ret_series)
{
	size_t known = 0;

	for (size_t i = 0; i < count; i++) {
		_cleanup_text_ struct text labels = TEXT_INIT;
		struct climb_series *series;

		if (!list[i]->owner)
			continue; /* it has ended before it could be looked at */
		series_add_workload(&labels, list[i]->owner, list[i]->process.comm);
		series = find_series(ret_series, known, &labels);
		if (series == ret_series + known) {
			text_add(&series->labels, text_str(&labels));
			series->labels.failed |= labels.failed;
			known++;
		}
		for (int kind = 0; kind < DESCRIPTOR_KINDS; kind++)
			series->by_kind[kind] += list[i]->by_kind[kind];
	}
	return known;
}

static void put_kinds_of(const struct family *family, const struct climb_series *series)
{
	_cleanup_text_ struct text labels = TEXT_INIT;

	for (int kind = 0; kind < DESCRIPTOR_KINDS; kind++) {
		if (!series->by_kind[kind])
			continue;
		text_clear(&labels);
		text_add(&labels, text_str(&series->labels));
		label_add(&labels, "kind", descriptor_kind_name(kind));
		if (text_error(&labels) || series->labels.failed)
			family->out->failed = true;
		family_u64(family, text_str(&labels), series->by_kind[kind]);
	}
}

void metrics_put_climbs(const struct metrics *metrics)
{
	const struct summary *summary = metrics->summary;
	const struct climber *list[OPTIONS_MOST_CLIMBING];
	size_t count = climbs__list(summary->climbs, OPTIONS_MOST_CLIMBING, list);
	struct climb_series *series = calloc(count + 1, sizeof(*series));
	struct family family = family_begin(
		metrics->out, "process_descriptors", FAMILY_GAUGE,
		"Open descriptors, by kind, of processes whose number climbs by something else "
		"than leaked sockets.");

	if (!series) {
		metrics->out->failed = true;
		return;
	}
	count = collect_climbers(list, count, series);
	for (size_t i = 0; i < count; i++) {
		put_kinds_of(&family, &series[i]);
		text_free(&series[i].labels);
	}
	free(series);
	metrics_put_gauge(metrics, "climbing_left_out",
			  "Processes whose descriptors climb, beyond --max-climbing.",
			  summary->climbing_left_out);
}
