/* SPDX-License-Identifier: BSD-2-Clause */
#include "text_report.h"

#include <stdlib.h>
#include <string.h>

#include "duration.h"
#include "evidence.h"
#include "names.h"
#include "text_page.h"

#define WIDTH 80 /* what fits there is put into one line */
#define FAR_S (365.0 * 86400)
#define PROCESSES_SHOWN 4 /* of a site that several share */

/* Whose site: "4242", or how many processes. */
static void add_holder(struct text *line, const struct site *site)
{
	unsigned int processes = HASH_COUNT(site->processes);

	if (processes == 1)
		text_addf(line, "%u", site->processes->tgid);
	else
		text_addf(line, "%u procs", processes);
}

static void add_rate(struct text *line, const struct site *site)
{
	if (!site->rate.known)
		text_add(line, "-");
	else if (site->rate.per_minute > 0 && site->rate.per_minute < 9.95)
		text_addf(line, "+%.1f", site->rate.per_minute);
	else
		text_addf(line, "%+.0f", site->rate.per_minute);
}

static void add_age(struct text *line, const struct page *page, __u64 since_ns)
{
	if (since_ns && page->summary->now_ns > since_ns)
		duration_add(line, page->summary->now_ns - since_ns);
	else
		text_add(line, "-");
}

/* The process of a leaking site that is full first. */
static const struct site_process *fullest(const struct site *site, double *ret_seconds)
{
	const struct site_process *process, *found = NULL;
	double seconds;

	for (process = site->processes; process; process = process->hh.next) {
		if (!forecast_seconds(&process->forecast, &seconds) ||
		    (found && seconds >= *ret_seconds))
			continue;
		found = process;
		*ret_seconds = seconds;
	}
	return found;
}

/* "EMFILE in 12m". */
static void add_time_left(struct text *line, double seconds)
{
	text_add(line, "EMFILE ");
	text_add(line, seconds > 0 ? "in " : "now");
	if (seconds > FAR_S)
		text_add(line, "years");
	else if (seconds > 0)
		duration_add(line, (__u64)seconds * NSEC_PER_SEC);
}

/* ---- The first line ---- */

static const char *state_of(const struct site *site)
{
	return site->leaking ? "leaking" : site->rate.known ? "idle" : "new";
}

static void add_worst(struct text *line, const struct page *page, const struct site *site)
{
	bool alone = HASH_COUNT(site->processes) == 1;
	double seconds;

	page_add_clean(line, site->comm);
	text_add(line, alone ? "[" : " (");
	add_holder(line, site);
	text_add(line, alone ? "]" : ")");
	if (site->leaking) {
		text_addf(line, " leaks sockets: %u open, ", site->open);
		add_rate(line, site);
		text_add(line, "/min, oldest ");
	} else {
		text_add(line, " holds ");
		text_addf(line, "%u %s %s, oldest ", site->open, state_of(site),
			  site->open == 1 ? "socket" : "sockets");
	}
	add_age(line, page, site->oldest_ns);
	if (site->leaking && fullest(site, &seconds) && seconds < FAR_S) {
		text_add(line, ", ");
		add_time_left(line, seconds);
	}
}

/* Where the worst are made: in the first line if it has room, else in one of its own. */
static void page_place(struct page *page, struct text *line, const struct site *site)
{
	const struct frame *culprit = stack_culprit(site->stack);
	_cleanup_text_ struct text place = TEXT_INIT;

	if (culprit && (culprit->function || culprit->module)) {
		text_add(&place, "in ");
		page_add_frame(&place, culprit, NULL);
		if (text_width(text_str(line)) + 2 + text_width(text_str(&place)) <= WIDTH)
			text_add(line, ", ");
		else
			page_line(page, line, true);
		text_add(line, text_str(&place));
	}
	page_line(page, line, true);
}

static void page_nothing(struct page *page, struct text *line)
{
	const struct summary *summary = page->summary;
	__u64 watched_ns = summary->now_ns - summary->started_ns;
	bool early = watched_ns <= summary->older_than_ns;

	text_add(line, early ? "Too early to tell: a socket counts when unconnected for " :
			       "No leaked sockets: none stayed unconnected for ");
	duration_add_exact(line, summary->older_than_ns);
	text_add(line, ", watched for ");
	duration_add(line, watched_ns);
	page_line(page, line, true);
}

static void add_seconds(struct text *line, __u64 ns)
{
	text_addf(line, "%.2f s", (double)ns / 1e9);
}

/* How many processes hold what is listed; each site of a scan is of one. */
static unsigned int count_processes(struct site *const *sites, long count)
{
	unsigned int processes = 0;

	for (long i = 0; i < count; i++) {
		long k = 0;

		while (k < i && sites[k]->processes->tgid != sites[i]->processes->tgid)
			k++;
		processes += k == i;
	}
	return processes;
}

/* The first line of a scan: how many, and who has most of them. */
static void page_census(struct page *page, struct site *const *sites, long count)
{
	const struct summary *summary = page->summary;
	unsigned int certain = summary->leaks.open - (unsigned int)summary->uncertain;
	_cleanup_text_ struct text line = TEXT_INIT;
	long sure = 0;

	while (sure < count && !sites[sure]->unknowable)
		sure++;
	if (!certain) {
		text_addf(&line, "No unconnected sockets among %llu descriptors, looked at in ",
			  (unsigned long long)summary->counters[COUNTER_FILES_SWEPT]);
		add_seconds(&line, summary->sweep_ns);
		page_line(page, &line, true);
		return;
	}
	page_add_count(&line, certain, "unconnected socket", "unconnected sockets");
	text_add(&line, " in ");
	page_add_count(&line, count_processes(sites, sure), "process", "processes");
	text_add(&line, sure > 1 ? "; " : ": ");
	page_add_clean(&line, sites[0]->comm);
	text_addf(&line, "[%u]", sites[0]->processes->tgid);
	if (sure > 1)
		text_addf(&line, " holds %u", sites[0]->open);
	if (sites[0]->oldest_ns) {
		text_add(&line, ", oldest ");
		add_age(&line, page, sites[0]->oldest_ns);
	}
	page_place(page, &line, sites[0]);
}

static void page_answer(struct page *page, struct site *const *sites, long count)
{
	const struct leaks_totals *totals = &page->summary->leaks;
	_cleanup_text_ struct text line = TEXT_INIT;
	size_t leaking, idle;

	if (page->summary->is_scan) {
		page_census(page, sites, count);
		return;
	}
	if (!count) {
		page_nothing(page, &line);
		return;
	}
	add_worst(&line, page, sites[0]);
	page_place(page, &line, sites[0]);
	if (count == 1)
		return;
	leaking = totals->leaking - sites[0]->leaking;
	idle = totals->sites - totals->leaking - !sites[0]->leaking;
	if (leaking)
		page_add_count(&line, leaking, "more place leaks", "more places leak");
	if (idle) {
		text_add(&line, leaking ? ", " : "");
		page_add_count(&line, idle, "more place holds idle sockets",
			       "more places hold idle sockets");
	}
	page_line(page, &line, false);
}

/* ---- The table ---- */

/* State, pid, command, open, per minute, oldest, class: the longest class ends in column 79. */
#define TABLE_ROW(open) "%-8s %8s %-15s %5" open " %7s %6s  %s"
/* Of a scan, which knows neither state nor rate. */
#define CENSUS_ROW(open) "%8s %-15s %5" open " %6s  %s%s"
#define TABLE_INDENT "         " /* what belongs to a row stands below its pid */

static void page_table_head(struct page *page)
{
	_cleanup_text_ struct text line = TEXT_INIT;

	page_line(page, &line, false);
	if (page->summary->is_scan)
		text_addf(&line, CENSUS_ROW("s"), "PID", "COMMAND", "OPEN", "OLDEST", "CLASS", "");
	else
		text_addf(&line, TABLE_ROW("s"), "STATE", "PID", "COMMAND", "OPEN", "PER MIN",
			  "OLDEST", "CLASS");
	page_line(page, &line, true);
}

/* Who is to blame, and who called it, a line each. */
static void page_culprit(struct page *page, const struct stack *stack)
{
	const struct frame *culprit = stack_culprit(stack), *caller = culprit + 1;
	_cleanup_text_ struct text line = TEXT_INIT;

	text_add(&line, TABLE_INDENT "in ");
	page_add_frame(&line, culprit, stack->package);
	page_line(page, &line, false);
	if (caller >= stack->frames + stack->count || caller->plumbing || !caller->function)
		return;
	text_add(&line, TABLE_INDENT "called from ");
	page_add_frame(&line, caller, NULL);
	page_line(page, &line, false);
}

static int more_open(const void *a, const void *b)
{
	const struct site_process *x = *(struct site_process *const *)a;
	const struct site_process *y = *(struct site_process *const *)b;

	return x->open < y->open ? 1 : x->open > y->open ? -1 : x->tgid < y->tgid ? -1 : 1;
}

/* Which they are, when there are several: "by 4242 (17), 4243 (12) and 9 more". */
static void page_processes(struct page *page, const struct site *site)
{
	unsigned int count = HASH_COUNT(site->processes), shown = 0;
	struct site_process **sorted, *process;
	_cleanup_text_ struct text line = TEXT_INIT;

	sorted = count > 1 ? calloc(count, sizeof(*sorted)) : NULL;
	if (!sorted)
		return;
	for (process = site->processes; process; process = process->hh.next)
		sorted[shown++] = process;
	qsort(sorted, count, sizeof(*sorted), more_open);
	text_add(&line, TABLE_INDENT "by ");
	for (shown = 0; shown < count && (shown < PROCESSES_SHOWN || page->layout->verbose);
	     shown++)
		text_addf(&line, "%s%u (%u)", shown ? ", " : "", sorted[shown]->tgid,
			  sorted[shown]->open);
	if (shown < count)
		text_addf(&line, " and %u more", count - shown);
	page_line(page, &line, false);
	free(sorted);
}

/* Who else holds it; and who made it, when that is none of them. */
static void page_holders(struct page *page, const struct leak *leak)
{
	const struct holders *holders = &leak->holders;
	const struct pending *socket = &leak->verdict.socket;
	_cleanup_text_ struct text line = TEXT_INIT;
	unsigned int shown = 0, more = holders->others;

	for (unsigned int i = 0; i < holders->count; i++) {
		const struct holder *holder = &holders->named[i];

		if (holder->tgid == leak->verdict.tgid)
			continue;
		if (shown >= PROCESSES_SHOWN && !page->layout->verbose) {
			more++;
			continue;
		}
		text_add(&line, shown++ ? ", " : TABLE_INDENT "also held by ");
		page_add_clean(&line, holder->comm);
		text_addf(&line, "[%u]", holder->tgid);
	}
	if (more)
		text_addf(&line, " and %u more", more);
	if (shown)
		page_line(page, &line, false);
	if (socket->flags & PENDING_ORIGIN_UNKNOWN || !socket->tgid || !holders->count ||
	    holders->named[0].tgid == socket->tgid)
		return;
	text_addf(&line, TABLE_INDENT "made by process %u, which has ended or let it go",
		  socket->tgid);
	page_line(page, &line, false);
}

/* The unit, container and pod; with --verbose the command line. */
static void page_owner(struct page *page, const struct owner *owner)
{
	_cleanup_text_ struct text line = TEXT_INIT;

	if (owner->workload.container[0])
		text_addf(&line, "container %.12s", owner->workload.container);
	else if (owner->unit)
		text_add(&line, "unit ");
	if (!owner->workload.container[0] && owner->unit)
		page_add_clean(&line, owner->unit);
	if (owner->workload.pod[0])
		text_addf(&line, "%spod %s", line.len ? ", " : "", owner->workload.pod);
	if (line.len) {
		_cleanup_text_ struct text whole = TEXT_INIT;

		text_addf(&whole, TABLE_INDENT "of %s", text_str(&line));
		page_line(page, &whole, false);
		text_clear(&line);
	}
	if (!page->layout->verbose || !owner->command)
		return;
	text_add(&line, TABLE_INDENT "run as ");
	page_add_clean(&line, owner->command);
	page_line(page, &line, false);
}

static void page_forecast(struct page *page, const struct site *site)
{
	_cleanup_text_ struct text line = TEXT_INIT;
	const struct site_process *process;
	double seconds;

	process = site->leaking ? fullest(site, &seconds) : NULL;
	if (!process)
		return;
	text_add(&line, TABLE_INDENT);
	if (HASH_COUNT(site->processes) > 1)
		text_addf(&line, "%u: ", process->tgid);
	text_addf(&line, "%llu of %llu descriptors open, ",
		  (unsigned long long)process->forecast.fds_open,
		  (unsigned long long)process->forecast.fds_limit);
	add_time_left(&line, seconds);
	text_add(&line, seconds > 0 ? " at this rate" : "");
	page_line(page, &line, false);
}

static void page_site(struct page *page, const struct site *site)
{
	_cleanup_text_ struct text line = TEXT_INIT, holder = TEXT_INIT, comm = TEXT_INIT,
				   rate = TEXT_INIT, age = TEXT_INIT;
	const struct frame *culprit = stack_culprit(site->stack);
	const struct leak *leak = site->leaks;

	while (leak && (leak->held_back || leak->verdict.class != site->class))
		leak = leak->next;
	if (!leak)
		return; /* its table is made anew at the next sweep */
	add_holder(&holder, site);
	page_add_clean(&comm, site->comm);
	add_rate(&rate, site);
	if (page->summary->is_scan && !site->oldest_ns)
		text_add(&age, "?");
	else
		add_age(&age, page, site->oldest_ns);
	if (page->summary->is_scan)
		text_addf(&line, CENSUS_ROW("u"), text_str(&holder), text_str(&comm), site->open,
			  text_str(&age), leak_class_phrase(site->class),
			  site->unknowable ? "; may be in use" : "");
	else
		text_addf(&line, TABLE_ROW("u"), state_of(site), text_str(&holder), text_str(&comm),
			  site->open, text_str(&rate), text_str(&age),
			  leak_class_phrase(site->class));
	page_line(page, &line, false);

	page_processes(page, site);
	page_forecast(page, site);
	text_add(&line, TABLE_INDENT);
	evidence_add_kind(&line, leak);
	text_add(&line, ": ");
	evidence_add(&line, leak);
	page_line(page, &line, false);

	page_holders(page, leak);
	if (culprit)
		page_culprit(page, site->stack);
	page_owner(page, site->owner);
}

static void page_body(struct page *page, struct site *const *sites, long count)
{
	const struct text_layout *layout = page->layout;
	_cleanup_text_ struct text line = TEXT_INIT;

	page_answer(page, sites, count);
	if (count)
		page_table_head(page);
	for (long i = 0; i < count && i < layout->top; i++)
		page_site(page, sites[i]);
	if (count > layout->top) {
		text_addf(&line, "... and %ld more (--top %ld shows all)", count - layout->top,
			  count);
		page_line(page, &line, false);
	}
	for (long i = 0, shown = 0; i < count && i < layout->top && shown < layout->stacks; i++) {
		if (!sites[i]->stack)
			continue;
		page_stack(page, sites[i]);
		shown++;
	}
	page_hints(page);
}

void text_report(struct text *out, struct leaks *leaks, const struct summary *summary,
		 const struct text_layout *layout)
{
	_cleanup_text_ struct text foot = TEXT_INIT;
	struct text_layout rest = *layout;
	struct page page = { .out = &foot, .layout = &rest, .summary = summary };
	struct site *const *sites;
	long count = leaks__sites(leaks, &sites);

	text_foot(&page);
	if (count < 0 || text_error(&foot)) {
		out->failed = true;
		return;
	}
	/* On a screen that is too small even for the answer and the foot, the answer. */
	if (layout->rows && layout->rows > page.lines + 2)
		rest.rows = layout->rows - page.lines;
	page.out = out;
	page.lines = 0;
	page_body(&page, sites, count);
	if (!layout->rows || rest.rows != layout->rows)
		text_add(out, text_str(&foot));
}
