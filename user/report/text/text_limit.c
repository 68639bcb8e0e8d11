/* SPDX-License-Identifier: BSD-2-Clause */
/* Processes at their limit of descriptors: the first lines of a report, if there are any. */
#include <errno.h>
#include <string.h>

#include "leaks/refusals.h"
#include "leaks/suppressions.h"
#include "lib/time.h"
#include "options/options.h"
#include "report/text/text_page.h"
#include "report/text/text_place.h"

void page_add_limited(struct text *line, const struct limited *limited)
{
	_cleanup_text_ struct text comm = TEXT_INIT;

	text_add_bytes(&comm, limited_name(limited),
		       strnlen(limited_name(limited), SOCKLEAK_COMM_LEN));
	page_add_clean(line, text_str(&comm));
	text_addf(line, "[%u]", limited->key.tgid);
}

/* "193 times in 12s". */
static void add_refusals(struct text *line, __u64 count, __u64 first_ns, __u64 last_ns)
{
	if (count == 1)
		text_add(line, "once");
	else
		text_addf(line, "%llu times", (unsigned long long)count);
	if (last_ns - first_ns < NSEC_PER_SEC)
		return;
	text_add(line, " in ");
	duration_add(line, last_ns - first_ns);
}

static void add_caller(struct text *line, const struct limited *limited)
{
	const char *exe = limited->owner ? limited->owner->exe : NULL;
	struct code_place place = culprit_find(limited->stack, exe).where;
	struct program_name program;

	if (!place.frame)
		return;
	text_add(line, ", called from ");
	place_add(line, &place, place_program(limited->owner, limited_name(limited), &program),
		  NULL);
}

static void add_ago(struct text *line, __u64 last_ns, const struct summary *summary)
{
	duration_add(line, summary->now_ns > last_ns ? summary->now_ns - last_ns : 0);
	text_add(line, " ago");
}

static void add_limited_process(struct text *line, const struct limited *limited,
				const struct summary *summary)
{
	const struct refusal *refusal = &limited->refusal;
	bool is_now = refusals__is_now(summary->refusals, limited, summary->now_ns);

	page_add_limited(line, limited);
	if (is_now) {
		text_add(line, " is at its limit now: ");
		if (limited->fds.looked_ns) {
			page_add_fds(line, &limited->fds);
			text_add(line, ", ");
		}
	} else {
		text_add(line, " was at its limit ");
		add_ago(line, refusal->last_ns, summary);
		text_add(line, ": ");
	}
	text_add(line, "socket() failed ");
	add_refusals(line, refusal->count, refusal->first_ns, refusal->last_ns);
	if (is_now && limited->over) { /* it has given up calling */
		text_add(line, ", last ");
		add_ago(line, refusal->last_ns, summary);
	}
	add_caller(line, limited);
	if (limited->owner && limited->owner->machine) {
		text_add(line, ", machine ");
		page_add_clean(line, limited->owner->machine);
	}
	if (limited->ended)
		text_add(line, "; it has ended");
	else if (!is_now && limited->fds.looked_ns) {
		text_add(line, "; now ");
		page_add_fds(line, &limited->fds);
	}
}

static void add_files(struct text *line, const struct host_refusals *host)
{
	text_addf(line, "%llu of %llu", (unsigned long long)host->files_open,
		  (unsigned long long)host->files_max);
}

/*
 * Something else answered ENFILE: the kernel for want of memory, or a filter of system calls.
 * Or it is not known whether the host was full.
 */
static void add_other_reason(struct text *line, const struct host_refusals *host,
			     const struct summary *summary)
{
	text_add(line, "socket() failed with ENFILE ");
	add_ago(line, host->last_ns, summary);
	if (host->files_max) {
		text_add(line, ", though the host had only ");
		add_files(line, host);
		text_add(line, " files open: ");
	} else {
		text_add(line, "; the host's count of open files was not read: ");
	}
}

static void add_host(struct text *line, const struct host_refusals *host,
		     const struct summary *summary)
{
	if (!host->was_full) {
		add_other_reason(line, host, summary);
	} else if (host->is_recent) {
		text_add(line, "The host is at its limit now: ");
	} else {
		text_add(line, "The host was at its limit ");
		add_ago(line, host->last_ns, summary);
		text_add(line, ": ");
	}
	if (host->was_full) {
		add_files(line, host);
		text_add(line, " open files (fs.file-max), ");
	}
	text_add(line, host->was_full ? "socket() failed " : "");
	add_refusals(line, host->count, host->first_ns, host->last_ns);
	if (host->processes > 1)
		text_addf(line, " in %u processes, most in ", host->processes);
	else
		text_add(line, " in ");
	page_add_limited(line, host->most);
	add_caller(line, host->most);
}

void text_limit(struct text *out, const struct limited *limited, const struct summary *summary)
{
	struct host_refusals host;

	if (limited->key.error == EMFILE) {
		add_limited_process(out, limited, summary);
		return;
	}
	host = refusals__host(summary->refusals, summary->now_ns);
	add_host(out, &host, summary);
}

static bool add_host_now(struct text *out, const struct summary *summary)
{
	struct host_refusals host = refusals__host(summary->refusals, summary->now_ns);

	if (!host.processes || !host.is_recent)
		return false;
	text_add(out, host.was_full ? "the host is at its limit of open files" :
				      "socket() fails with ENFILE");
	return true;
}

bool text_limits_now(struct text *out, const struct summary *summary)
{
	const struct limited *list[REFUSALS_KEPT];
	size_t all =
		refusals__list(summary->refusals, summary->now_ns, EMFILE, REFUSALS_KEPT, list);
	size_t now = 0;
	bool host = add_host_now(out, summary);

	while (now < all && refusals__is_now(summary->refusals, list[now], summary->now_ns))
		now++;
	if (!now)
		return host;
	text_add(out, host ? "; " : "");
	if (now > 1)
		text_addf(out, "%zu processes are at their limit of descriptors, ", now);
	page_add_limited(out, list[0]);
	text_add(out, now > 1 ? " the last of them" : " is at its limit");
	if (now == 1 && list[0]->fds.looked_ns)
		text_addf(out, " of %llu descriptors", (unsigned long long)list[0]->fds.fds_limit);
	return true;
}

/* The first of the sites that the process holds sockets of. */
static long site_of(__u32 tgid, struct site *const *sites, long count, unsigned int *ret_open)
{
	const struct site_process *process;
	long first = -1;

	*ret_open = 0;
	for (long i = 0; i < count; i++) {
		HASH_FIND(hh, sites[i]->processes, &tgid, sizeof(tgid), process);
		if (!process)
			continue;
		*ret_open += process->open;
		first = first < 0 ? i : first;
	}
	return first;
}

/* Sockets that could not be tracked, whosever they are. */
static bool some_are_missed(const struct summary *summary)
{
	return summary->counters[COUNTER_MAP_FULL] || summary->counters[COUNTER_ADOPT_FULL] ||
	       summary->counters[COUNTER_YOUNG_BUSY];
}

/*
 * Are all leaks of the process in the report? While it is at its limit it makes no socket: those
 * that it has are as old as its first call that failed.
 */
static bool all_are_shown(const struct limited *limited, const struct summary *summary)
{
	return limited->refusal.first_ns + summary->older_than_ns < summary->now_ns &&
	       !some_are_missed(summary) && !summary->leaks.held_back &&
	       !(OPTIONS_DEFAULT_CLASSES & summary->unwanted) &&
	       !(summary->suppressions && suppressions__open(summary->suppressions));
}

/*
 * Does it leak sockets that are never connected? The answer may be behind another one's in
 * the table. If these are few of its descriptors, something else fills its table; nothing
 * is said of that while some may be missing in the report.
 */
static void page_reason(struct page *page, const struct limited *limited, struct site *const *sites,
			long count)
{
	_cleanup_text_ struct text line = TEXT_INIT;
	unsigned int open;
	long at = site_of(limited->key.tgid, sites, count, &open);

	if (at > 0 && sites[at]->leaking)
		page_site_answer(page, sites[at]);
	if (!limited->fds.looked_ns || limited->ended || 2ULL * open >= limited->fds.fds_open ||
	    !all_are_shown(limited, page->summary))
		return;
	if (open)
		text_addf(&line, "Only %u of its descriptors %s", open,
			  open == 1 ? "is an unconnected socket" : "are unconnected sockets");
	else
		text_add(&line, "None of its descriptors is a leaked socket");
	if (limited->kinds_ns)
		page_add_kinds(&line, limited->by_kind);
	else
		text_addf(&line, ": see ls -l /proc/%u/fd", limited->key.tgid);
	page_line(page, &line, /* bold= */ false);
}

void page_limits(struct page *page, struct site *const *sites, long count)
{
	const struct limited *list[LIMITED_SHOWN];
	const struct summary *summary = page->summary;
	_cleanup_text_ struct text line = TEXT_INIT;
	struct host_refusals host = refusals__host(summary->refusals, summary->now_ns);
	size_t all =
		refusals__list(summary->refusals, summary->now_ns, EMFILE, LIMITED_SHOWN, list);

	if (host.processes) {
		add_host(&line, &host, summary);
		page_line(page, &line, /* bold= */ true);
	}
	for (size_t i = 0; i < all && i < LIMITED_SHOWN; i++) {
		add_limited_process(&line, list[i], summary);
		page_line(page, &line, /* bold= */ true);
		page_reason(page, list[i], sites, count);
	}
	if (all <= LIMITED_SHOWN)
		return;
	page_add_count(&line, all - LIMITED_SHOWN, "more process is or was at its limit",
		       "more processes are or were at their limit");
	page_line(page, &line, /* bold= */ true);
}
