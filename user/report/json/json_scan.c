/* SPDX-License-Identifier: BSD-2-Clause */
/* The part of the summary that only a scan has: each process, with all its sockets. */
#include "leaks/process_total.h"
#include "lib/names.h"
#include "report/json/json_parts.h"

static void put_classes(struct json *json, const struct process_total *total)
{
	json_begin_object(json, "classes");
	for (int cls = CLASS_NONE; cls < CLASS_COUNT; cls++)
		if (total->by_class[cls])
			json_u64(json, leak_class_key((enum leak_class)cls), total->by_class[cls]);
	json_end_object(json);
}

static void put_scanned_process(struct json *json, const struct process_total *total,
				const struct summary *summary)
{
	const struct site *site = total->site;
	const struct owner *owner = site->owner;

	json_begin_object(json, NULL);
	json_u64(json, "pid", site->processes->tgid);
	put_comm(json, "comm", site->comm, true);
	put_comm(json, "name", site->name, true);
	put_workload(json, owner);
	json_u64(json, "open", total->open);
	json_bool(json, "may_be_in_use", site->maybe_in_use);
	put_classes(json, total);
	put_date(json, "oldest", total->oldest_ns, summary, total->oldest_ns);
	put_culprit(json, total->made_by ? total->made_by->stack : NULL, owner);
	json_u64(json, "culprit_open", total->made);
	json_end_object(json);
}

void put_processes(struct json *json, struct leaks *leaks, const struct summary *summary,
		   unsigned int top)
{
	struct process_total total;
	struct site *const *sites;
	long count = leaks__sites(leaks, &sites);

	if (!summary->is_scan) {
		json_null(json, "processes");
		return;
	}
	json_begin_array(json, "processes");
	for (long i = 0; i < count && top; i += total.rows, top--) {
		total = process_total(sites + i, count - i);
		put_scanned_process(json, &total, summary);
	}
	json_end_array(json);
}
