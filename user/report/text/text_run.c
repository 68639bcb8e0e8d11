/* SPDX-License-Identifier: BSD-2-Clause */
/* The parts that only the report of `run` has: its first lines, and its totals. */
#include <string.h>

#include "leaks/suppressions.h"
#include "report/text/text_page.h"
#include "report/text/text_place.h"

static void add_leaver(struct page *page, struct text *line, const struct site *site, bool alone)
{
	_cleanup_text_ struct text place = TEXT_INIT;
	struct code_place where = site_culprit(site).where;
	struct program_name program;
	bool one = HASH_COUNT(site->processes) == 1;

	text_add(line, alone ? " by " : "; most by ");
	page_add_clean(line, site->name);
	text_add(line, one ? "[" : " (");
	page_add_holder(line, site);
	text_add(line, one ? "]" : ")");
	if (where.frame) {
		text_add(&place, "in ");
		place_add(&place, &where, place_program(site->owner, site->name, &program), NULL);
	}
	page_answer_place(page, line, &place);
}

static void page_none_left(struct page *page, struct text *line)
{
	const struct leaks_totals *totals = &page->summary->leaks;
	const struct suppressions *suppressions = page->summary->suppressions;
	unsigned int suppressed = suppressions ? suppressions__open(suppressions) : 0;

	if (page->summary->nothing_watched) {
		text_add(line, "Nothing was watched: no process of the run matched --comm and "
			       "--uid");
		page_line(page, line, /* bold= */ true);
		return;
	}
	text_add(line, "No leaked sockets: ");
	if (totals->open) {
		text_add(line, "no site grew; ");
		page_add_count(line, totals->open, "socket was", "sockets were");
		text_add(line, " left open all the same (--leak-check exit)");
	} else {
		text_add(line, "no socket was left open unconnected");
		if (suppressed)
			text_addf(line, ", but for %u suppressed", suppressed);
	}
	page_line(page, line, /* bold= */ true);
}

long page_left_sites(const struct page *page, struct site *const *sites, long count)
{
	while (page->summary->run->by_growth && count && !sites[count - 1]->leaking)
		count--; /* those that grew come first */
	return count;
}

const char *page_left_how(const struct summary *summary)
{
	return summary->run->by_growth ? " open until the end or the last moment of their process, "
					 "and never connected" :
					 " left open and never connected";
}

void page_left(struct page *page, struct site *const *sites, long count)
{
	_cleanup_text_ struct text line = TEXT_INIT;
	unsigned int left = 0;

	for (long i = 0; i < count; i++)
		left += sites[i]->open;
	if (!count) {
		page_none_left(page, &line);
		return;
	}
	page_add_count(&line, left, "socket was", "sockets were");
	text_add(&line, page_left_how(page->summary));
	if (count > 1)
		text_addf(&line, ", made at %ld sites", count);
	add_leaver(page, &line, sites[0], count == 1);
}

/* By the name that kill(1) takes. Signals of programs' own, from SIGRTMIN on, have only numbers. */
static void add_signal(struct text *line, int signal)
{
	const char *name = sigabbrev_np(signal);

	if (name)
		text_addf(line, " was ended by SIG%s", name);
	else
		text_addf(line, " was ended by signal %d", signal);
}

void page_left_totals(struct page *page)
{
	const struct leaks_totals *totals = &page->summary->leaks;
	const struct run_summary *run = page->summary->run;
	_cleanup_text_ struct text line = TEXT_INIT;

	page_line(page, &line, /* bold= */ false);
	text_addf(&line, "%u %s at ", totals->open,
		  page->summary->run->by_growth ? "open until the end or the last moment" :
						  "left open");
	page_add_count(&line, totals->sites, "site", "sites");
	text_addf(&line, ", of which %zu grew; ", totals->leaking);
	page_add_clean(&line, run->program);
	if (run->signal)
		add_signal(&line, run->signal);
	else
		text_addf(&line, " exited with %d", run->status);
	page_line(page, &line, /* bold= */ false);
	if (!run->running)
		return;
	page_add_count(&line, run->running, "process", "processes");
	text_addf(&line, " that it started %s on; not watched from here on",
		  run->running == 1 ? "goes" : "go");
	page_line(page, &line, /* bold= */ false);
}
