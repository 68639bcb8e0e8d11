/* SPDX-License-Identifier: BSD-2-Clause */
/* The parts that only a scan's report has: its first lines, and the process of a row. */
#include "leaks/process_total.h"
#include "lib/time.h"
#include "report/text/text_page.h"
#include "report/text/text_place.h"

/* How many processes hold the listed sockets; those of one process stand together. */
static unsigned int count_processes(struct site *const *sites, long count)
{
	unsigned int processes = 0;

	for (long i = 0; i < count; i++)
		processes += !i || sites[i]->processes->tgid != sites[i - 1]->processes->tgid;
	return processes;
}

/* "in make_socket (libx.so)", or "17 of 20 created in ..." where it is not known of all. */
static void add_place(struct text *place, const struct process_total *total)
{
	struct program_name program;
	struct code_place made_in;

	if (!total->made_by)
		return;
	if (total->made < total->open)
		text_addf(place, "%u of %u created ", total->made, total->open);
	text_add(place, "in ");
	made_in = site_culprit(total->made_by).where;
	place_add(place, &made_in,
		  place_program(total->made_by->owner, total->made_by->name, &program), NULL);
}

/* The process that has most of them. */
static void page_worst(struct page *page, struct text *line, struct site *const *sites, long sure)
{
	struct process_total total = process_total(sites, sure);
	_cleanup_text_ struct text place = TEXT_INIT;
	unsigned int processes = count_processes(sites, sure);

	text_add(line, " in ");
	page_add_count(line, processes, "process", "processes");
	text_add(line, processes > 1 ? "; " : ": ");
	page_add_clean(line, sites[0]->name);
	text_addf(line, "[%u]", sites[0]->processes->tgid);
	if (processes > 1)
		text_addf(line, " holds %u", total.open);
	if (total.oldest_ns) {
		text_add(line, total.all_ages_known ? ", oldest " : ", oldest at least ");
		page_add_age(line, page, total.oldest_ns);
	}
	add_place(&place, &total);
	page_answer_place(page, line, &place);
}

void page_scan(struct page *page, struct site *const *sites, long count)
{
	const struct summary *summary = page->summary;
	unsigned int certain = summary->leaks.open - (unsigned int)summary->uncertain;
	_cleanup_text_ struct text line = TEXT_INIT;
	long sure = 0;

	if (summary->nothing_watched) {
		text_add(&line, "Nothing was scanned: no process matches the options");
		page_line(page, &line, /* bold= */ true);
		return;
	}
	while (sure < count && !sites[sure]->maybe_in_use)
		sure++;
	if (!certain || !sure) {
		text_addf(&line, "No unconnected sockets among %llu descriptors, read in ",
			  (unsigned long long)summary->counters[COUNTER_FILES_SWEPT]);
		duration_add(&line, summary->sweep_ns);
		page_line(page, &line, /* bold= */ true);
	} else {
		page_add_count(&line, certain, "unconnected socket", "unconnected sockets");
		page_worst(page, &line, sites, sure);
	}
	page_most_descriptors(page);
}

void page_share(struct page *page, const struct site *site)
{
	_cleanup_text_ struct text line = TEXT_INIT;

	if (site->process_open <= site->open)
		return;
	text_addf(&line, "         %u of the %u that this process holds", site->open,
		  site->process_open);
	page_line(page, &line, /* bold= */ false);
}
