/* SPDX-License-Identifier: BSD-2-Clause */
#include "report/metrics/prometheus_parts.h"

#include <stdio.h>
#include <string.h>

#include "leaks/suppressions.h"
#include "lib/names.h"
#include "lib/text.h"
#include "report/losses.h"
#include "report/metrics/exposition.h"
#include "report/metrics/limit_series.h"
#include "report/text/text_place.h"
#include "stacks/culprit.h"

void metrics_put_gauge(const struct metrics *metrics, const char *name, const char *help,
		       __u64 value)
{
	struct family family = family_begin(metrics->out, name, FAMILY_GAUGE, help);

	family_u64(&family, NULL, value);
}

void metrics_put_ns(const struct metrics *metrics, const char *name, const char *help, __u64 ns)
{
	struct family family = family_begin(metrics->out, name, FAMILY_GAUGE, help);

	family_ns(&family, NULL, ns);
}

__u64 metrics_wall_ns(const struct metrics *metrics, __u64 boot_ns)
{
	__s64 wall = (__s64)(boot_ns + (__u64)metrics->summary->wall_offset_ns);

	return wall > 0 ? (__u64)wall : 0;
}

/* ---- Leaks, by workload ---- */

static void put_leaked(const struct metrics *metrics)
{
	struct family family = family_begin(
		metrics->out, "leaked_sockets", FAMILY_GAUGE,
		"Sockets open now that were never connected, at sites that keep more and more of "
		"them.");
	_cleanup_text_ struct text labels = TEXT_INIT;

	for (const struct workload_series *workload = metrics->series->workloads; workload;
	     workload = workload->hh.next) {
		for (int cls = CLASS_NONE; cls < CLASS_COUNT; cls++) {
			if (!workload->by_class[cls])
				continue;
			text_clear(&labels);
			text_add(&labels, workload->labels);
			label_add(&labels, "class", leak_class_key((enum leak_class)cls));
			if (text_error(&labels))
				metrics->out->failed = true;
			family_u64(&family, text_str(&labels), workload->by_class[cls]);
		}
	}
}

static void put_oldest(const struct metrics *metrics)
{
	struct family family = family_begin(
		metrics->out, "oldest_leak_created_timestamp_seconds", FAMILY_GAUGE,
		"When the oldest leaked socket of a workload was created, or first seen.");

	for (const struct workload_series *workload = metrics->series->workloads; workload;
	     workload = workload->hh.next)
		if (workload->oldest_ns)
			family_ns(&family, workload->labels,
				  metrics_wall_ns(metrics, workload->oldest_ns));
}

static void put_fd_gauges(const struct metrics *metrics)
{
	const struct workload_series *workload;
	struct family family = family_begin(
		metrics->out, "process_open_fds", FAMILY_GAUGE,
		"Open descriptors of the leaking process of a workload that is nearest to its "
		"limit.");

	for (workload = metrics->series->workloads; workload; workload = workload->hh.next)
		if (workload->fds_known)
			family_u64(&family, workload->labels, workload->fds_open);
	family =
		family_begin(metrics->out, "process_max_fds", FAMILY_GAUGE,
			     "Descriptors that the same process may have: its soft RLIMIT_NOFILE.");
	for (workload = metrics->series->workloads; workload; workload = workload->hh.next) {
		if (!workload->fds_known)
			continue;
		if (workload->fds_limit == FDS_UNLIMITED)
			family_infinite(&family, workload->labels);
		else
			family_u64(&family, workload->labels, workload->fds_limit);
	}
}

/* Workloads that had no descriptor left, including those that leak no socket. */
static void put_limits(const struct metrics *metrics)
{
	const struct limit_series *series = metrics->summary->limit_series;
	const struct limited_workload *workload, *first = series ? series->workloads : NULL;
	struct family family = family_begin(
		metrics->out, "process_fd_limit_failures_total", FAMILY_COUNTER,
		"Calls of socket() that failed with EMFILE: the process was at its limit of "
		"descriptors.");

	for (workload = first; workload; workload = workload->hh.next)
		family_u64(&family, workload->labels, workload->failures);
	family = family_begin(metrics->out, "process_fd_limit_last_failure_timestamp_seconds",
			      FAMILY_GAUGE, "When the last of them failed.");
	for (workload = first; workload; workload = workload->hh.next)
		family_ns(&family, workload->labels, metrics_wall_ns(metrics, workload->last_ns));
}

/* ---- Leaks, by site ---- */

/* "session.c:210", "" when it is not known. */
static void add_source(struct text *source, const struct code_place *place)
{
	if (place->frame && !place->language && place->frame->file)
		text_addf(source, "%s:%u", place->frame->file, place->frame->line);
}

static void add_info_labels(struct text *labels, const struct site_info *info)
{
	_cleanup_text_ struct text function = TEXT_INIT, source = TEXT_INIT, caller = TEXT_INIT;
	struct culprit culprit = culprit_find(info->stack, info->owner ? info->owner->exe : NULL);
	const struct frame *frame = culprit.where.frame;
	char id[sizeof("0123456789abcdef")];

	snprintf(id, sizeof(id), "%016llx", (unsigned long long)info->site);
	label_add(labels, "site", id);
	label_add(labels, "module", frame && frame->module ? module_name(frame->module) : NULL);
	place_add_function(&function, &culprit.where);
	add_source(&source, &culprit.where);
	place_add_function(&caller, &culprit.caller);
	label_add(labels, "function", text_str(&function));
	label_add(labels, "source", text_str(&source));
	label_add(labels, "caller", text_str(&caller));
	label_add(labels, "package", info->stack ? info->stack->package : NULL);
	labels->failed |= function.failed || source.failed || caller.failed;
}

/* Sites without an id have a sample too, so that a join by site loses none. */
static void put_nameless(const struct family *family, const char *site)
{
	_cleanup_text_ struct text labels = TEXT_INIT;

	label_add(&labels, "site", site);
	label_add(&labels, "module", NULL);
	label_add(&labels, "function", NULL);
	label_add(&labels, "source", NULL);
	label_add(&labels, "caller", NULL);
	label_add(&labels, "package", NULL);
	if (text_error(&labels))
		family->out->failed = true;
	family_u64(family, text_str(&labels), 1);
}

static void put_site_infos(const struct metrics *metrics)
{
	struct family family = family_begin(
		metrics->out, "site_info", FAMILY_GAUGE,
		"1 for each site: the code that creates its sockets. 'sockleak explain "
		"SITE' shows the whole stack.");
	_cleanup_text_ struct text labels = TEXT_INIT;
	const struct site_series *site;

	for (const struct site_info *info = metrics->series->infos; info; info = info->hh.next) {
		if (!info->site) {
			put_nameless(&family, SERIES_UNKNOWN);
			continue;
		}
		text_clear(&labels);
		add_info_labels(&labels, info);
		if (text_error(&labels))
			metrics->out->failed = true;
		family_u64(&family, text_str(&labels), 1);
	}
	for (site = metrics->series->sites; site; site = site->hh.next)
		if (site->other)
			put_nameless(&family, SERIES_OTHER);
}

static void put_sites(const struct metrics *metrics)
{
	struct family family = family_begin(metrics->out, "site_leaked_sockets", FAMILY_GAUGE,
					    "Leaked sockets by site, unit and machine.");

	for (const struct site_series *site = metrics->series->sites; site; site = site->hh.next)
		family_u64(&family, site->labels, site->open);
	put_site_infos(metrics);
}

/* ---- Leaks, in all ---- */

static void put_totals(const struct metrics *metrics)
{
	const struct leaks_totals *totals = &metrics->summary->leaks;
	struct family family = family_begin(metrics->out, "leaks_detected_total", FAMILY_COUNTER,
					    "Sockets that were found never connected, idle ones "
					    "included.");

	family_u64(&family, NULL, totals->total);
	family = family_begin(metrics->out, "leaks_resolved_total", FAMILY_COUNTER,
			      "Leaks that ended, by reason.");
	for (int reason = END_NONE + 1; reason < END_COUNT; reason++)
		family_of(&family, "reason", end_reason_name((enum end_reason)reason),
			  totals->resolved[reason]);
}

/* The users and processes that fill tables: see bpf/shares.bpf.h. */
static void put_tables_shared(const struct metrics *metrics)
{
	const struct sweep_counts *counts = &metrics->summary->sweep_counts;
	struct family used = family_begin(metrics->out, "table_used", FAMILY_GAUGE,
					  "Entries of a table whose room is shared among users.");
	struct family family;

	for (int kind = 0; kind < SHARE_KINDS; kind++)
		family_of(&used, "table", share_kind_name((enum share_kind)kind),
			  counts->fills[kind].used > 0 ? (__u64)counts->fills[kind].used : 0);
	family = family_begin(metrics->out, "table_room", FAMILY_GAUGE,
			      "Entries that such a table holds at most.");
	for (int kind = 0; kind < SHARE_KINDS; kind++)
		family_of(&family, "table", share_kind_name((enum share_kind)kind),
			  counts->room[kind]);
	family = family_begin(metrics->out, "table_used_by_one", FAMILY_GAUGE,
			      "Entries of the user who has most of them.");
	for (int kind = 0; kind < SHARE_KINDS; kind++) {
		const struct fill *fill = &counts->fills[kind];
		_cleanup_text_ struct text labels = TEXT_INIT, uid = TEXT_INIT;

		if (fill->user_used <= 0)
			continue;
		text_addf(&uid, "%u", fill->user);
		label_add(&labels, "table", share_kind_name((enum share_kind)kind));
		label_add(&labels, "uid", text_str(&uid));
		if (text_error(&labels) || text_error(&uid))
			metrics->out->failed = true;
		family_u64(&family, text_str(&labels), (__u64)fill->user_used);
	}
}

static void put_states(const struct metrics *metrics)
{
	const struct summary *summary = metrics->summary;
	struct family family;

	metrics_put_gauge(metrics, "idle_sockets",
			  "Sockets never connected that do not grow in any process: not a leak.",
			  metrics->series->idle);
	metrics_put_gauge(metrics, "suppressed_sockets",
			  "Sockets open now that --suppress leaves out.",
			  summary->suppressions ? suppressions__open(summary->suppressions) : 0);
	metrics_put_gauge(metrics, "suppressed_series",
			  "Workloads and sites without series of their own, summed up as other.",
			  metrics->series->folded);
	family = family_begin(metrics->out, "tracked_sockets", FAMILY_GAUGE,
			      "Sockets that are not connected, by state.");
	family_of(&family, "state", "pending", summary->pending);
	family_of(&family, "state", "leaked", summary->leaks.open);
	family_of(&family, "state", "held_back", summary->leaks.held_back);
	put_tables_shared(metrics);
	family = family_begin(metrics->out, "dead_connections", FAMILY_GAUGE,
			      "Connections that the peer has closed, or that are gone, in the last "
			      "full sweep, of the classes that --also does not name.");
	family_of(&family, "class", leak_class_name(CLASS_HALF_CLOSED),
		  summary->sweep_counts.half_closed);
	family_of(&family, "class", leak_class_name(CLASS_WAS_CONNECTED),
		  summary->sweep_counts.was_connected);
	metrics_put_ns(metrics, "leak_age_threshold_seconds",
		       "How long a socket may stay unconnected: --older-than.",
		       summary->older_than_ns);
}

/* ---- Events and losses ---- */

static void put_loss_family(const struct family *family, const struct summary *summary,
			    enum loss_kind kind)
{
	for (const struct loss *loss = loss_next(NULL); loss; loss = loss_next(loss))
		if (loss->kind == kind)
			family_of(family, "reason", loss->name, loss_count(loss, summary));
}

static void put_counter_family(const struct family *family, const struct summary *summary)
{
	for (unsigned int i = 0; i < COUNTER_COUNT; i++)
		if (!counter_is_loss((enum counter)i))
			family_of(family, "counter", counter_name((enum counter)i),
				  summary->counters[i]);
}

static void put_events(const struct metrics *metrics)
{
	const struct summary *summary = metrics->summary;
	struct family family =
		family_begin(metrics->out, "counters_total", FAMILY_COUNTER,
			     "What the programs in the kernel have seen and done, by name.");

	put_counter_family(&family, summary);
	family = family_begin(metrics->out, "dropped_total", FAMILY_COUNTER,
			      "What should have been seen, kept or reported and was not.");
	put_loss_family(&family, summary, LOSS_DROPPED);
	put_loss_family(&family, summary, LOSS_LATE);
	family = family_begin(metrics->out, "stack_errors_total", FAMILY_COUNTER,
			      "Stacks that were not taken, or only by frame pointers.");
	put_loss_family(&family, summary, LOSS_STACK);
	family = family_begin(metrics->out, "symbolize_errors_total", FAMILY_COUNTER,
			      "Stacks that could not be named.");
	put_loss_family(&family, summary, LOSS_SYMBOLS);
	metrics_put_gauge(metrics, "events_waiting",
			  "Events that wait for room in the ring buffer, or for the resolver.",
			  summary->events_waiting);
	metrics_put_gauge(
		metrics, "cgroups_left_out",
		"Cgroups that match --unit, --machine, --container or --pod and are not watched.",
		summary->cgroups_left_out);
}

static void put_sweeps(const struct metrics *metrics)
{
	const struct summary *summary = metrics->summary;
	struct family family = family_begin(metrics->out, "sweeps_total", FAMILY_COUNTER,
					    "Sweeps over the fd tables.");

	family_of(&family, "result", "ok", summary->sweeps - summary->sweeps_failed);
	family_of(&family, "result", "failed", summary->sweeps_failed);
	metrics_put_ns(metrics, "sweep_duration_seconds", "How long the last sweep took.",
		       summary->sweep_ns);
	metrics_put_ns(metrics, "last_sweep_timestamp_seconds",
		       "When the last sweep was completed: the agent's heartbeat. 0: none was.",
		       metrics->health->swept_ns ?
			       metrics_wall_ns(metrics, metrics->health->swept_ns) :
			       0);
}

int prometheus_add(struct text *out, struct leaks *leaks, const struct summary *summary,
		   const struct health *health, const struct series_limits *limits)
{
	_cleanup_series_ struct series series = { 0 };
	struct metrics metrics = { out, summary, health, &series };
	int err = series_collect(leaks, limits, &series);

	if (err)
		return err;
	put_leaked(&metrics);
	put_oldest(&metrics);
	put_fd_gauges(&metrics);
	put_limits(&metrics);
	metrics_put_climbs(&metrics);
	put_sites(&metrics);
	put_totals(&metrics);
	put_states(&metrics);
	put_events(&metrics);
	put_sweeps(&metrics);
	metrics_put_agent(&metrics);
	return text_error(out);
}
