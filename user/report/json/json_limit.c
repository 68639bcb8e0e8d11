/* SPDX-License-Identifier: BSD-2-Clause */
/* Processes at their limit of descriptors as JSON: a line at the start, and in the summary. */
#include "report/json/json_report.h"

#include "lib/names.h"
#include "lib/text.h"
#include "report/json/json_parts.h"

static void put_limited_owner(struct json *json, const struct limited *limited)
{
	const struct owner *owner = limited->owner;

	put_known_string(json, "exe", owner ? owner->exe : NULL);
	put_known_string(json, "command", owner ? owner->command : NULL);
	json_u64(json, "uid", limited->refusal.uid);
	put_known_u64(json, "cgroup_id", limited->refusal.cgroup_id, limited->refusal.cgroup_id);
	put_known_string(json, "cgroup", owner ? owner->cgroup : NULL);
	put_workload(json, owner);
}

static void put_limited(struct json *json, const struct limited *limited,
			const struct summary *summary)
{
	const struct refusal *refusal = &limited->refusal;
	struct name_buffer buffer;

	json_u64(json, "pid", limited->key.tgid);
	put_comm(json, "comm", refusal->comm, true);
	put_comm(json, "name", limited_name(limited), true);
	json_string(json, "errno", errno_name(limited->key.error, &buffer));
	json_u64(json, "failures", refusal->count);
	put_date(json, "first", refusal->first_ns, summary, true);
	put_date(json, "last", refusal->last_ns, summary, true);
	json_bool(json, "now", refusals__is_now(summary->refusals, limited, summary->now_ns));
	json_bool(json, "ended", limited->ended);
	put_fds(json, &limited->fds);
	put_site(json, limited->stack);
	put_culprit(json, limited->stack, limited->owner);
}

void json_limit(struct text *out, const struct limited *limited, const struct summary *summary)
{
	const struct refusal *refusal = &limited->refusal;
	struct json json = json_writer(out);
	struct name_buffer buffer;

	json_begin_object(&json, NULL);
	json_string(&json, "type", "at_limit");
	put_date(&json, "time", summary->now_ns, summary, true);
	put_limited(&json, limited, summary);
	put_limited_owner(&json, limited);
	json_string(&json, "family",
		    refusal->family ? family_name(refusal->family, &buffer) : NULL);
	json_string(&json, "socket_type",
		    refusal->family ? socket_type_name(refusal->type, &buffer) : NULL);
	put_stack(&json, limited->stack);
	json_end_object(&json);
}

void put_at_limit(struct json *json, const struct summary *summary)
{
	const struct limited *list[REFUSALS_KEPT];
	size_t count = refusals__list(summary->refusals, summary->now_ns, 0, REFUSALS_KEPT, list);
	struct host_refusals host = refusals__host(summary->refusals, summary->now_ns);

	json_begin_array(json, "at_limit");
	for (size_t i = 0; i < count; i++) {
		json_begin_object(json, NULL);
		put_limited(json, list[i], summary);
		json_end_object(json);
	}
	json_end_array(json);
	if (!host.processes || !host.files_max) {
		json_null(json, "host_files");
		return;
	}
	json_begin_object(json, "host_files");
	json_u64(json, "open", host.files_open);
	json_u64(json, "max", host.files_max);
	json_end_object(json);
}
