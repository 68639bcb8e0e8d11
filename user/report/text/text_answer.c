/* SPDX-License-Identifier: BSD-2-Clause */
/* The first lines of a report, which are the answer. */
#include <string.h>

#include "lib/time.h"
#include "report/text/text_page.h"
#include "report/text/text_place.h"

/* Created before sockleak watched, so whether they grew is unknown. */
static bool site_is_old(const struct site *site)
{
	return site->class == CLASS_UNKNOWN_ORIGIN && !site->leaking && !page_is_ended(site);
}

/* Too early to tell; or there are more than before, which may stop. */
static bool is_new(const struct site *site)
{
	return site->is_new && !site_is_old(site) && !page_is_ended(site);
}

const char *page_state(const struct site *site)
{
	if (page_is_ended(site))
		return page_is_exited(site) ? "exited" : "ended";
	if (site_is_old(site))
		return "old";
	return site->leaking ? "leaking" : is_new(site) ? "new" : "idle";
}

static void add_worst(struct text *line, const struct page *page, const struct site *site)
{
	bool alone =
		page_is_ended(site) ? site->ended.processes <= 1 : HASH_COUNT(site->processes) == 1;
	double seconds;

	page_add_clean(line, site->name);
	text_add(line, alone ? "[" : " (");
	page_add_holder(line, site);
	text_add(line, alone ? "]" : ")");
	if (page_is_ended(site)) {
		page_add_ended(line, page, site);
		return;
	}
	if (site->leaking) {
		text_addf(line, " leaks sockets: %u open, ", site->open);
		if (site->rate.known) {
			page_add_rate(line, site);
			text_add(line, "/min, ");
		}
		text_add(line, "oldest ");
	} else if (site_is_old(site)) {
		text_addf(line, " holds %u unconnected %s of unknown origin, for at least ",
			  site->open, site->open == 1 ? "socket" : "sockets");
	} else {
		text_add(line, " holds ");
		text_addf(line, "%u %s %s, oldest ", site->open, page_state(site),
			  site->open == 1 ? "socket" : "sockets");
	}
	page_add_age(line, page, site->oldest_ns);
	if (site->leaking && page_fullest(site, &seconds) && seconds < PAGE_FAR_S) {
		text_add(line, alone ? ", " : ", first ");
		page_add_time_left(line, seconds);
	}
}

/* ", in open_session (libx.so, package libx 1.2) at session.c:210, called from ..." */
static void add_culprit(struct text *out, const struct site *site)
{
	struct culprit culprit = site_culprit(site);
	struct program_name buffer;
	const char *program = place_program(site->owner, site->name, &buffer);

	if (!culprit.where.frame)
		return;
	text_add(out, ", in ");
	place_add(out, &culprit.where, program, site->stack->package);
	place_add_source(out, &culprit.where);
	if (!culprit.caller.frame)
		return;
	text_add(out, ", called from ");
	place_add(out, &culprit.caller, program, NULL);
	place_add_source(out, &culprit.caller);
}

void text_leaking(struct text *out, const struct site *site, const struct summary *summary)
{
	struct page page = { .summary = summary };
	if (site->open) {
		add_worst(out, &page, site);
	} else {
		page_add_clean(out, site->name);
		text_add(out, " holds no leaked socket any more");
		if (site->resolved[END_EXITED])
			text_addf(out, ": %llu ended with their process",
				  (unsigned long long)site->resolved[END_EXITED]);
	}
	add_culprit(out, site);
	if (site->id)
		text_addf(out, ", site %016llx", (unsigned long long)site->id);
	if (site->owner && site->owner->machine) {
		text_add(out, ", machine ");
		page_add_clean(out, site->owner->machine);
	}
}

/* The code of the worst site: in the first line if it fits, otherwise on its own line. */
static void page_place(struct page *page, struct text *line, const struct site *site)
{
	struct code_place where = site_culprit(site).where;
	_cleanup_text_ struct text place = TEXT_INIT;
	struct program_name program;

	if (where.frame) {
		text_add(&place, "in ");
		place_add(&place, &where, place_program(site->owner, site->name, &program), NULL);
	}
	page_answer_place(page, line, &place);
}

void page_answer_place(struct page *page, struct text *line, const struct text *place)
{
	if (place->len) {
		if (text_width(text_str(line)) + 2 + text_width(text_str(place)) <=
		    page_width(page))
			text_add(line, ", ");
		else
			page_line(page, line, /* bold= */ true);
		text_add(line, text_str(place));
	}
	page_line(page, line, /* bold= */ true);
}

void page_site_answer(struct page *page, const struct site *site)
{
	_cleanup_text_ struct text line = TEXT_INIT;

	add_worst(&line, page, site);
	page_place(page, &line, site);
}

/* There were leaks, and all have ended. This is not an all-clear. */
static void answer_ended(struct page *page, struct text *line)
{
	const struct leaks_totals *totals = &page->summary->leaks;
	static const char *const how[END_COUNT] = {
		[END_CLOSED] = "closed",
		[END_USED] = "used later",
		[END_EXITED] = "ended with their process",
	};
	bool first = true;

	text_addf(line, "%s open now; %llu were: ",
		  page_has_climbs(page) ? "None that was never connected is" :
					  "No leaked sockets are",
		  (unsigned long long)totals->total);
	for (int reason = 0; reason < END_COUNT; reason++) {
		if (!how[reason] || !totals->resolved[reason])
			continue;
		text_addf(line, "%s%llu %s", first ? "" : ", ",
			  (unsigned long long)totals->resolved[reason], how[reason]);
		first = false;
	}
	page_line(page, line, /* bold= */ true);
	if (totals->resolved[END_EXITED])
		text_add(line, "(-v lists those that ended with their process; --json has every "
			       "leak with its site)");
	else
		text_add(line, "(--json has every leak with its site)");
	page_line(page, line, /* bold= */ false);
}

static void page_nothing(struct page *page, struct text *line)
{
	const struct summary *summary = page->summary;
	__u64 watched_ns = summary->now_ns - summary->started_ns;
	bool early = watched_ns <= summary->older_than_ns;

	if (summary->nothing_watched) {
		text_add(line, "Nothing was watched: no process matched the options in ");
		duration_add(line, watched_ns);
		page_line(page, line, /* bold= */ true);
		return;
	}
	if (summary->leaks.total) {
		answer_ended(page, line);
		return;
	}
	text_add(line, early ? "Too early to tell: a socket is reported if unconnected for " :
		       page_has_climbs(page) ?
			       "Descriptors climb, but none that was never connected for " :
			       "No leaked sockets: none stayed unconnected for ");
	duration_add_exact(line, summary->older_than_ns);
	text_add(line, ", watched for ");
	duration_add(line, watched_ns);
	page_line(page, line, /* bold= */ true);
}

/* Are these older sockets of the worst process? Then its leak may be older than the watch. */
static bool is_of_worst(const struct site *site, const struct site *worst)
{
	const struct site_process *process;
	bool ended = page_is_ended(worst);

	if ((!worst->leaking && !ended) || HASH_COUNT(worst->processes) != 1 ||
	    site->class != CLASS_UNKNOWN_ORIGIN || site->leaking || ended != page_is_exited(site))
		return false;
	HASH_FIND(hh, site->processes, &worst->processes->tgid, sizeof(__u32), process);
	return process;
}

static void page_older(struct page *page, struct text *line, struct site *const *sites, long count)
{
	unsigned int open = 0;

	for (long i = 1; i < count; i++)
		if (is_of_worst(sites[i], sites[0]))
			open += sites[i]->open + (unsigned int)sites[i]->ended.sockets;
	if (!open)
		return;
	text_addf(line,
		  "It also %s %u of unknown origin: older than this watch, or created by io_uring",
		  page_is_ended(sites[0]) ? "held" : "holds", open);
	page_line(page, line, /* bold= */ false);
}

/* "More: 5 sites leak, 1 holds idle sockets". */
static void add_more(struct text *line, unsigned int count, const char *one, const char *many)
{
	if (!count)
		return;
	if (line->len)
		text_addf(line, ", %u %s", count, count == 1 ? one : many);
	else
		text_addf(line, "More: %u %s %s", count, count == 1 ? "site" : "sites",
			  count == 1 ? one : many);
}

/* The worst site, and how many others there are. */
static void page_leaks(struct page *page, struct site *const *sites, long count)
{
	_cleanup_text_ struct text line = TEXT_INIT;
	unsigned int leaking = 0, ended = 0, fresh = 0, idle = 0, old = 0;

	if (!count || page_is_exited(sites[0])) {
		page_nothing(page, &line);
		page_climbs(page, /* is_answer= */ true);
		return;
	}
	page_site_answer(page, sites[0]);
	page_older(page, &line, sites, count);
	for (long i = 1; i < count; i++) {
		leaking += sites[i]->leaking;
		ended += page_is_ended(sites[i]) && !page_is_exited(sites[i]);
		old += site_is_old(sites[i]) && !is_of_worst(sites[i], sites[0]);
		fresh += is_new(sites[i]);
		idle += !sites[i]->leaking && !page_is_ended(sites[i]) && !site_is_old(sites[i]) &&
			!is_new(sites[i]);
	}
	add_more(&line, leaking, "leaks", "leak");
	add_more(&line, ended, "leaked and has ended", "leaked and have ended");
	add_more(&line, fresh, "holds new sockets", "hold new sockets");
	add_more(&line, idle, "holds idle sockets", "hold idle sockets");
	add_more(&line, old, "holds sockets of unknown origin", "hold sockets of unknown origin");
	if (line.len)
		page_line(page, &line, /* bold= */ false);
	page_climbs(page, /* is_answer= */ false);
}

void page_answer(struct page *page, struct site *const *sites, long count)
{
	if (page->summary->is_scan) {
		page_scan(page, sites, count);
		return;
	}
	page_limits(page, sites, count);
	if (page->summary->run)
		page_left(page, sites, count);
	else
		page_leaks(page, sites, count);
	page_fills(page); /* nothing is lost yet, so the leak comes first */
}
