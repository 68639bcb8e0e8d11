/* SPDX-License-Identifier: BSD-2-Clause */
/* The metrics of the agent itself: its build, its cost, its files. */
#include "report/metrics/prometheus_parts.h"

#include "lib/text.h"
#include "report/metrics/exposition.h"

static void put_build(const struct metrics *metrics)
{
	struct family family = family_begin(metrics->out, "build_info", FAMILY_GAUGE,
					    "1, with the version and the kind of hooks.");
	_cleanup_text_ struct text labels = TEXT_INIT;

	label_add(&labels, "version", SOCKLEAK_VERSION);
	label_add(&labels, "hooks", metrics->summary->hooks);
	if (text_error(&labels))
		metrics->out->failed = true;
	family_u64(&family, text_str(&labels), 1);
	metrics_put_gauge(
		metrics, "pin_refused",
		"1 when --pin is set and cannot be used: a restart loses everything known.",
		metrics->summary->pin_refused);
}

static void put_agent_process(const struct metrics *metrics)
{
	_cleanup_text_ struct text user = TEXT_INIT, kernel = TEXT_INIT;
	const struct health *health = metrics->health;
	struct family family;

	metrics_put_ns(metrics, "agent_start_time_seconds", "When the agent was started.",
		       health->started_ns ? metrics_wall_ns(metrics, health->started_ns) : 0);
	family = family_begin(metrics->out, "agent_cpu_seconds_total", FAMILY_COUNTER,
			      "Processor time of the agent and its children.");
	label_add(&user, "mode", "user");
	label_add(&kernel, "mode", "system");
	if (text_error(&user) || text_error(&kernel))
		metrics->out->failed = true;
	family_ns(&family, text_str(&user), health->user_ns);
	family_ns(&family, text_str(&kernel), health->system_ns);
	metrics_put_gauge(metrics, "agent_resident_memory_bytes", "Resident memory of the agent.",
			  health->rss_bytes);
	metrics_put_gauge(metrics, "resolver_resident_memory_bytes",
			  "Resident memory of the resolver; 0 while it does not run.",
			  health->resolver_rss_bytes);
	metrics_put_gauge(metrics, "opener_resident_memory_bytes",
			  "Resident memory of the opener; 0 while it does not run.",
			  health->opener_rss_bytes);
	metrics_put_gauge(metrics, "stuck_children",
			  "Children that were given up and cannot end, because a file system does "
			  "not answer.",
			  metrics->summary->resolver.stuck);
}

static void put_programs(const struct metrics *metrics)
{
	const struct health *health = metrics->health;
	struct family seconds = family_begin(
		metrics->out, "bpf_run_seconds_total", FAMILY_COUNTER,
		"Time in each BPF program; counted while kernel.bpf_stats_enabled is 1.");
	_cleanup_text_ struct text labels = TEXT_INIT;
	struct family runs;

	for (unsigned int i = 0; i < health->n_programs; i++) {
		text_clear(&labels);
		label_add(&labels, "program", health->programs[i].name);
		if (text_error(&labels))
			metrics->out->failed = true;
		family_ns(&seconds, text_str(&labels), health->programs[i].run_ns);
	}
	runs = family_begin(metrics->out, "bpf_runs_total", FAMILY_COUNTER,
			    "How often each BPF program ran; counted under the same condition.");
	for (unsigned int i = 0; i < health->n_programs; i++)
		family_of(&runs, "program", health->programs[i].name, health->programs[i].runs);
	metrics_put_gauge(metrics, "bpf_stats_enabled",
			  "1 when kernel.bpf_stats_enabled is 1, so that runs are counted.",
			  health->bpf_stats_enabled);
}

static void put_maps(const struct metrics *metrics)
{
	const struct health *health = metrics->health;
	struct family family;

	metrics_put_gauge(metrics, "bpf_memory_bytes", "Kernel memory of the agent's BPF maps.",
			  health->bpf_bytes);
	family = family_begin(metrics->out, "map_entries", FAMILY_GAUGE,
			      "Entries of a BPF map, for maps whose entries are counted.");
	for (unsigned int i = 0; i < health->n_maps; i++)
		if (health->maps[i].counted)
			family_of(&family, "map", health->maps[i].name, health->maps[i].entries);
	family = family_begin(metrics->out, "map_max_entries", FAMILY_GAUGE,
			      "Entries that a BPF map holds at most.");
	for (unsigned int i = 0; i < health->n_maps; i++)
		family_of(&family, "map", health->maps[i].name, health->maps[i].max_entries);
}

static void put_files(const struct metrics *metrics)
{
	const struct health *health = metrics->health;
	struct family family = family_begin(metrics->out, "log_lines_lost_total", FAMILY_COUNTER,
					    "Lines that the log had no room for.");

	family_u64(&family, NULL, health->log_lost);
	family = family_begin(metrics->out, "textfile_writes_total", FAMILY_COUNTER,
			      "Writes of this file, before this one.");
	family_of(&family, "result", "ok", health->textfile_written);
	family_of(&family, "result", "failed", health->textfile_failed);
	family = family_begin(metrics->out, "stacks_file_writes_total", FAMILY_COUNTER,
			      "Writes of the file that 'sockleak explain' reads.");
	family_of(&family, "result", "ok", health->stacks_written);
	family_of(&family, "result", "failed", health->stacks_failed);
	family = family_begin(metrics->out, "profile_writes_total", FAMILY_COUNTER,
			      "Writes of the files of --pprof, --folded and --pprof-dir.");
	family_of(&family, "result", "ok", health->profiles_written);
	family_of(&family, "result", "failed", health->profiles_failed);
	family =
		family_begin(metrics->out, "stacks_file_sites_dropped_total", FAMILY_COUNTER,
			     "Sites that gave way in it before their day was over, or had no room, "
			     "those each time anew.");
	family_u64(&family, NULL, health->stacks_dropped);
}

void metrics_put_agent(const struct metrics *metrics)
{
	put_build(metrics);
	put_agent_process(metrics);
	put_programs(metrics);
	put_maps(metrics);
	put_files(metrics);
}
