/* SPDX-License-Identifier: BSD-2-Clause */
#include "report/json/json_report.h"

#include <stdio.h>
#include <string.h>

#include "leaks/suppressions.h"
#include "lib/json.h"
#include "lib/names.h"
#include "lib/text.h"
#include "lib/time.h"
#include "packages/hints.h"
#include "report/address.h"
#include "report/json/json_parts.h"
#include "report/losses.h"

/* ---- Values that may be unknown ---- */

void put_known_u64(struct json *json, const char *key, __u64 value, bool known)
{
	if (known)
		json_u64(json, key, value);
	else
		json_null(json, key);
}

void put_known_string(struct json *json, const char *key, const char *value)
{
	json_string(json, key, value && *value ? value : NULL);
}

/* A span in seconds. Clocks are read at different moments: one that runs backwards is 0. */
static void put_span(struct json *json, const char *key, __u64 from_ns, __u64 to_ns, bool known)
{
	if (known)
		json_double(json, key, to_ns > from_ns ? (double)(to_ns - from_ns) / 1e9 : 0);
	else
		json_null(json, key);
}

/* A point in boot time as a date. */
void put_date(struct json *json, const char *key, __u64 ns, const struct summary *summary,
	      bool known)
{
	char date[DATE_SIZE];

	if (known && date_format((__s64)(ns + (__u64)summary->wall_offset_ns), date))
		json_string(json, key, date);
	else
		json_null(json, key);
}

void put_comm(struct json *json, const char *key, const char comm[SOCKLEAK_COMM_LEN], bool known)
{
	size_t len = strnlen(comm, SOCKLEAK_COMM_LEN);

	if (known && len)
		json_bytes(json, key, comm, len);
	else
		json_null(json, key);
}

const char *known_or_null(const char *string)
{
	return string[0] ? string : NULL;
}

/* ---- A leak ---- */

static void put_identity(struct json *json, const struct leak *leak)
{
	const struct event *event = &leak->event;
	const struct pending *socket = &event->socket;
	bool origin = !(socket->flags & PENDING_ORIGIN_UNKNOWN);
	struct name_buffer buffer;

	json_u64(json, "pid", event->tgid);
	put_known_u64(json, "creator_pid", socket->tgid, origin && socket->tgid);
	put_known_u64(json, "tid", socket->tid, origin && socket->tid);
	put_comm(json, "comm", event->comm, true);
	put_comm(json, "name", owner_name(leak->owner, event->comm), true);
	put_comm(json, "thread", socket->comm, origin);
	put_known_string(json, "exe", leak->owner->exe);
	put_known_string(json, "command", leak->owner->command);
	json_u64(json, "uid", event->uid);
	json_u64(json, "fd", event->fd);
	json_u64(json, "inode", socket->inode);
	json_string(json, "family", family_name(socket->family, &buffer));
	json_string(json, "socket_type", socket_type_name(socket->type, &buffer));
	json_string(json, "protocol", protocol_name(socket->family, socket->protocol, &buffer));
	json_string(json, "class", leak_class_name((enum leak_class)event->class));
	json_bool(json, "may_be_in_use", event->maybe_in_use);
}

static void put_holders(struct json *json, const struct leak *leak)
{
	const struct holders *holders = &leak->holders;

	json_begin_array(json, "holders");
	for (unsigned int i = 0; i < holders->count; i++) {
		const struct holder *holder = &holders->named[i];

		json_begin_object(json, NULL);
		json_u64(json, "pid", holder->tgid);
		json_u64(json, "fd", holder->fd);
		json_u64(json, "uid", holder->uid);
		put_comm(json, "comm", holder->comm, true);
		json_end_object(json);
	}
	json_end_array(json);
	json_u64(json, "other_holders", holders->others);
}

static void put_times(struct json *json, const struct pending *socket,
		      const struct summary *summary)
{
	bool origin = !(socket->flags & PENDING_ORIGIN_UNKNOWN) && socket->since_ns;

	put_date(json, "created", socket->since_ns, summary, origin);
	json_string(json, "created_by",
		    socket->flags & PENDING_ORIGIN_UNKNOWN ? NULL :
		    socket->flags & PENDING_URING	   ? "io_uring" :
							     "socket");
	put_date(json, "first_seen", socket->since_ns, summary, !origin && socket->since_ns);
	put_span(json, "age_s", socket->since_ns, summary->now_ns, origin);
}

void put_workload(struct json *json, const struct owner *owner)
{
	put_known_string(json, "unit", owner ? owner->unit : NULL);
	put_known_string(json, "machine", owner ? owner->machine : NULL);
	put_known_string(json, "container",
			 owner ? known_or_null(owner->workload.container) : NULL);
	put_known_string(json, "pod", owner ? known_or_null(owner->workload.pod) : NULL);
}

static void put_owner(struct json *json, const struct leak *leak)
{
	const struct pending *socket = &leak->event.socket;

	put_known_u64(json, "cgroup_id", socket->cgroup_id, socket->cgroup_id);
	put_known_string(json, "cgroup", leak->owner->cgroup);
	put_workload(json, leak->owner);
}

static void put_destination(struct json *json, const struct evidence *evidence)
{
	_cleanup_text_ struct text destination = TEXT_INIT;
	size_t len = evidence->dest_len;

	if (!len) {
		json_null(json, "destination");
		return;
	}
	if (len > sizeof(evidence->dest))
		len = sizeof(evidence->dest);
	address_add(&destination, evidence->dest, len);
	json_string(json, "destination", text_str(&destination));
}

static void put_evidence(struct json *json, const struct event *event,
			 const struct summary *summary)
{
	const struct pending *socket = &event->socket;
	const struct evidence *evidence = &socket->evidence;
	bool origin = !(socket->flags & PENDING_ORIGIN_UNKNOWN) && socket->since_ns;
	bool dead = socket->flags & PENDING_DEAD;
	int connect_errno = evidence->connect_errno;
	struct name_buffer buffer;

	/* A connection under way fails later: that error is the socket's, not connect's. */
	if (!connect_errno && evidence->connect_tries)
		connect_errno = (int)event->error;
	json_begin_object(json, "evidence");
	json_u64(json, "getpeername_enotconn", evidence->enotconn);
	put_span(json, "first_enotconn_after_s", socket->since_ns, evidence->first_enotconn_ns,
		 origin && !dead && evidence->first_enotconn_ns);
	put_date(json, "disconnected", evidence->first_enotconn_ns, summary, dead);
	json_u64(json, "connect_tries", evidence->connect_tries);
	json_string(json, "connect_errno", errno_name(connect_errno, &buffer));
	put_destination(json, evidence);
	json_u64(json, "bind_tries", evidence->bind_tries);
	json_string(json, "bind_errno", errno_name(evidence->bind_errno, &buffer));
	json_bool(json, "bound", evidence->bound);
	json_end_object(json);
}

static void put_end(struct json *json, const struct event *event, const struct summary *summary)
{
	const struct pending *socket = &event->socket;
	bool origin = !(socket->flags & PENDING_ORIGIN_UNKNOWN) && socket->since_ns;

	json_string(json, "reason", end_reason_name((enum end_reason)event->reason));
	put_span(json, "lived_s", socket->since_ns, event->now_ns ? event->now_ns : summary->now_ns,
		 origin);
}

void json_leak(struct text *out, const struct leak *leak, enum leaks_change change,
	       const struct summary *summary, struct json_last_code *last)
{
	struct json json = json_writer(out);
	bool ended = change == LEAKS_RESOLVED;

	json_begin_object(&json, NULL);
	json_string(&json, "type", ended ? "resolved" : "leak");
	put_date(&json, "time", summary->now_ns, summary, true);
	if (!ended)
		json_string(&json, "change", leaks_change_name(change));
	put_identity(&json, leak);
	if (!ended)
		put_holders(&json, leak);
	put_times(&json, &leak->event.socket, summary);
	put_owner(&json, leak);
	put_evidence(&json, &leak->event, summary);
	if (ended) {
		put_site(&json, leak->stack);
		put_culprit(&json, leak->stack, leak->owner);
		put_end(&json, &leak->event, summary);
	} else {
		put_code(&json, leak->stack, leak->owner, last);
		put_tried(&json, &leak->tried);
	}
	json_end_object(&json);
}

/* ---- The summary ---- */

static void put_counters(struct json *json, const struct summary *summary)
{
	json_begin_object(json, "counters");
	for (unsigned int i = 0; i < COUNTER_COUNT; i++)
		if (!counter_is_loss((enum counter)i))
			json_u64(json, counter_name((enum counter)i), summary->counters[i]);
	json_end_object(json);
}

static void put_losses(struct json *json, const struct summary *summary)
{
	json_begin_object(json, "dropped");
	for (const struct loss *loss = loss_next(NULL); loss; loss = loss_next(loss))
		json_u64(json, loss->name, loss_count(loss, summary));
	json_end_object(json);
}

static void put_resolved(struct json *json, const __u64 resolved[END_COUNT])
{
	unsigned int reason;

	json_begin_object(json, "resolved");
	for (reason = END_NONE + 1; reason < END_COUNT; reason++)
		json_u64(json, end_reason_name((enum end_reason)reason), resolved[reason]);
	json_end_object(json);
}

static void put_hooks_why(struct json *json, const struct summary *summary)
{
	_cleanup_text_ struct text why = TEXT_INIT;

	kind_refusals_add(&why, summary->hooks_why, summary->n_hooks_why,
			  /* with_remedies= */ true);
	json_string(json, "hooks_why", why.len ? text_str(&why) : NULL);
}

static void put_fetches(struct json *json, const struct summary *summary)
{
	if (!summary->fetches) {
		json_null(json, "debuginfod");
		return;
	}
	json_begin_object(json, "debuginfod");
	json_u64(json, "fetched", summary->fetcher.fetched);
	json_u64(json, "failed", summary->fetcher.failed);
	json_u64(json, "waiting", summary->fetcher.waiting);
	json_end_object(json);
}

void put_fds(struct json *json, const struct forecast *fds)
{
	put_known_u64(json, "fds_open", fds->fds_open, fds->looked_ns);
	put_known_u64(json, "fds_limit", fds->fds_limit,
		      fds->looked_ns && fds->fds_limit != FDS_UNLIMITED);
}

static void put_process(struct json *json, const struct site *site,
			const struct site_process *process)
{
	json_u64(json, "pid", process->tgid);
	put_comm(json, "comm", site->comm, true);
	put_comm(json, "name", site->name, true);
	put_site(json, site->stack);
}

static void put_leaking_process(struct json *json, const struct site *site,
				const struct site_process *process)
{
	const struct forecast *forecast = &process->forecast;
	double seconds;

	if (!forecast->looked_ns)
		return; /* not looked at: one of too many, or gone */
	json_begin_object(json, NULL);
	put_process(json, site, process);
	json_u64(json, "open", process->open);
	if (forecast->rate_known)
		json_double(json, "per_minute", forecast->per_minute);
	else
		json_null(json, "per_minute");
	put_fds(json, forecast);
	if (forecast_seconds(forecast, &seconds))
		json_double(json, "emfile_in_s", seconds);
	else
		json_null(json, "emfile_in_s");
	json_end_object(json);
}

/* Those that hold leaks and are not seen to leak: idle ones, new, old, and all of a scan. */
static void put_holding(struct json *json, struct leaks *leaks, unsigned int top)
{
	struct site *const *sites;
	long count = leaks__sites(leaks, &sites);

	json_begin_array(json, "holding");
	for (long i = 0; i < count && i < (long)top; i++) {
		const struct site_process *process = sites[i]->leaking ? NULL : sites[i]->processes;

		for (; process; process = process->hh.next) {
			if (!process->forecast.looked_ns)
				continue;
			json_begin_object(json, NULL);
			put_process(json, sites[i], process);
			json_string(json, "class", leak_class_name(sites[i]->class));
			json_u64(json, "open", process->open);
			put_fds(json, &process->forecast);
			json_end_object(json);
		}
	}
	json_end_array(json);
}

/* The processes that leak, and when they will have no descriptor left. */
static void put_leaking(struct json *json, struct leaks *leaks, unsigned int top)
{
	struct site *const *sites;
	long count = leaks__sites(leaks, &sites);

	json_begin_array(json, "leaking");
	for (long i = 0; i < count && i < (long)top && sites[i]->leaking; i++)
		for (const struct site_process *process = sites[i]->processes; process;
		     process = process->hh.next)
			put_leaking_process(json, sites[i], process);
	json_end_array(json);
}

static void put_ended_site(struct json *json, const struct site *site,
			   const struct summary *summary)
{
	json_begin_object(json, NULL);
	put_comm(json, "comm", site->comm, true);
	put_comm(json, "name", site->name, true);
	put_site(json, site->stack);
	json_u64(json, "sockets", site->ended.sockets);
	json_u64(json, "processes", site->ended.processes);
	json_u64(json, "pid", site->ended.tgid);
	json_string(json, "class", leak_class_name(site->class));
	put_date(json, "first_created", site->oldest_ns, summary, site->oldest_ns);
	put_date(json, "ended", site->ended.ns, summary, true);
	put_workload(json, site->owner);
	put_culprit(json, site->stack, site->owner);
	put_stack(json, site->stack);
	json_end_object(json);
}

/* Sites that leaked in a process that exited or crashed with the sockets. */
static void put_ended(struct json *json, struct leaks *leaks, const struct summary *summary,
		      unsigned int top)
{
	struct site *const *sites;
	long count = leaks__ended(leaks, /* all= */ false, &sites);

	json_u64(json, "ended_sites", summary->leaks.ended);
	json_begin_array(json, "ended");
	for (long i = 0; i < count && i < (long)top; i++)
		put_ended_site(json, sites[i], summary);
	json_end_array(json);
}

static void put_suppressed(struct json *json, const struct suppressions *suppressions)
{
	if (!suppressions) {
		json_null(json, "suppressed");
		return;
	}
	json_begin_object(json, "suppressed");
	json_u64(json, "open", suppressions__open(suppressions));
	json_begin_array(json, "entries");
	for (size_t i = 0; i < suppressions__count(suppressions); i++) {
		struct suppression entry = suppressions__get(suppressions, i);

		json_begin_object(json, NULL);
		json_string(json, "name", entry.name);
		json_u64(json, "total", entry.total);
		json_end_object(json);
	}
	json_end_array(json);
	json_end_object(json);
}

/* The program that was started. */
static void put_run(struct json *json, const struct run_summary *run)
{
	if (!run) {
		json_null(json, "run");
		return;
	}
	json_begin_object(json, "run");
	json_string(json, "program", run->program);
	json_u64(json, "exit_status", (__u64)run->status);
	put_known_u64(json, "signal", (__u64)run->signal, run->signal);
	json_u64(json, "still_running", run->running);
	json_string(json, "leak_check", run->by_growth ? "growth" : "exit");
	json_end_object(json);
}

/* null where they are reported, and for a scan. */
static void put_left_aside(struct json *json, const struct summary *summary)
{
	put_known_u64(json, "half_closed", summary->sweep_counts.half_closed,
		      summary->unwanted & 1U << CLASS_HALF_CLOSED);
	put_known_u64(json, "was_connected", summary->sweep_counts.was_connected,
		      summary->unwanted & 1U << CLASS_WAS_CONNECTED);
}

void json_summary(struct text *out, struct leaks *leaks, const struct summary *summary,
		  unsigned int top)
{
	const struct leaks_totals *totals = &summary->leaks;
	struct json json = json_writer(out);

	json_begin_object(&json, NULL);
	json_string(&json, "type", "summary");
	json_string(&json, "mode", summary->run ? "run" : summary->is_scan ? "scan" : "trace");
	put_run(&json, summary->run);
	put_known_u64(&json, "history_pid", summary->history_tgid, summary->history_tgid);
	json_bool(&json, "nothing_watched", summary->nothing_watched);
	put_date(&json, "time", summary->now_ns, summary, true);
	put_span(&json, "duration_s", summary->started_ns, summary->now_ns, true);
	json_u64(&json, "sites", totals->sites);
	json_u64(&json, "leaking_sites", totals->leaking);
	json_u64(&json, "open", totals->open);
	json_u64(&json, "total", totals->total);
	put_resolved(&json, totals->resolved);
	json_u64(&json, "held_back", totals->held_back);
	put_left_aside(&json, summary);
	put_leaking(&json, leaks, top);
	put_holding(&json, leaks, top);
	put_ways(&json, leaks, summary, top);
	put_at_limit(&json, summary);
	put_climbing(&json, summary);
	put_processes(&json, leaks, summary, top);
	put_ended(&json, leaks, summary, top);
	put_suppressed(&json, summary->suppressions);
	json_u64(&json, "sweeps", summary->sweeps);
	json_u64(&json, "sweeps_failed", summary->sweeps_failed);
	json_u64(&json, "full_sweeps", summary->sweep_counts.full_sweeps);
	json_u64(&json, "processes_swept", summary->sweep_counts.looks);
	put_span(&json, "last_sweep_s", 0, summary->sweep_ns, summary->sweeps);
	put_known_u64(&json, "pending", summary->pending, summary->sweeps && !summary->is_scan);
	put_known_u64(&json, "max_sockets", summary->max_sockets, summary->max_sockets);
	put_tables(&json, summary);
	put_known_u64(&json, "kernel_memory_bytes", summary->kernel_bytes, summary->kernel_bytes);
	json_string(&json, "hooks", summary->hooks);
	put_hooks_why(&json, summary);
	if (summary->hints)
		hints_add_json(&json, "hints", summary->hints);
	else
		json_null(&json, "hints");
	put_fetches(&json, summary);
	put_counters(&json, summary);
	put_losses(&json, summary);
	json_end_object(&json);
}
