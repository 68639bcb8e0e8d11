/* SPDX-License-Identifier: BSD-2-Clause */
#include "watch/aim.h"

#include <string.h>

#include "host/process.h"
#include "lib/log.h"
#include "lib/time.h"

static void log_awaited(const struct options *options)
{
	_cleanup_text_ struct text awaited = TEXT_INIT;

	scope_add_awaited(options, &awaited);
	log_note("nothing matches %s yet; waiting",
		 awaited.len ? text_str(&awaited) : "below --cgroup");
}

void aim_take(struct aim *aim, struct tracer *tracer, struct summary *summary)
{
	const struct ruled_cgroup *ruled;
	size_t count, wanted = 0;
	int err;

	if (!options_rule_cgroups(aim->options))
		return;
	ruled = scope__find(aim->scope, clock_now(CLOCK_BOOTTIME), &count);
	summary->cgroups_left_out = scope__left_out(aim->scope);
	err = tracer__rule_cgroups(tracer, ruled, count);
	if (err && !summary->aims_failed++)
		log_error(err, "cannot watch %zu cgroups: %s (logged once)", count, strerror(-err));
	if (!options_limit_cgroups(aim->options))
		return;
	while (wanted < count && ruled[wanted].rule != CGROUP_WANTED)
		wanted++;
	if (wanted == count && !aim->is_waiting)
		log_awaited(aim->options);
	aim->is_waiting = wanted == count;
	if (wanted < count && !aim->options->by_uid && !aim->options->comm)
		summary->nothing_watched = false; /* else a process is waited for, too */
}

bool aim_is_over(const struct aim *aim)
{
	const struct pid_list *list = &aim->options->pids;

	if (!list->count || process_any_alive(list->pids, list->count))
		return false;
	log_note(list->count == 1 ? "process %u has ended" :
				    "process %u and the others of --pid have ended",
		 list->pids[0]);
	return true;
}
