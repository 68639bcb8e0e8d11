/* SPDX-License-Identifier: BSD-2-Clause */
#include "watch/aim.h"

#include <string.h>

#include "host/process.h"
#include "lib/log.h"
#include "lib/time.h"

/* The first time with similar names that exist: it may be a typing error. */
static void log_awaited(struct aim *aim)
{
	_cleanup_text_ struct text awaited = TEXT_INIT, missing = TEXT_INIT;

	if (!aim->has_waited && scope__missing(aim->scope, &missing))
		log_note_lines(text_str(&missing));
	aim->has_waited = true;
	scope_add_awaited(aim->options, &awaited);
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
		log_awaited(aim);
	aim->is_waiting = wanted == count;
	if (wanted < count && !aim->options->by_uid && !aim->options->comm)
		summary->nothing_watched = false; /* else a process is waited for, too */
}

void aim_log_nothing(const struct aim *aim, bool is_shown)
{
	const struct options *options = aim->options;
	_cleanup_text_ struct text lines = TEXT_INIT;

	if (scope__missing(aim->scope, &lines)) {
		log_notice_lines(text_str(&lines));
		return;
	}
	if (is_shown)
		return;
	log_notice("nothing was watched: no process matched the options%s",
		   options->comm && options->command != COMMAND_RUN ?
			   " ('ps -e -o pid,comm' has the names)" :
			   "");
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
