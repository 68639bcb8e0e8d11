/* SPDX-License-Identifier: BSD-2-Clause */
#include "text_report.h"

#include <stdlib.h>
#include <string.h>

#include "duration.h"
#include "evidence.h"
#include "names.h"
#include "text_page.h"

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

/* ---- The first line ---- */

/* Made before sockleak watched: whether they were growing then is not known. */
static bool is_old(const struct site *site)
{
	return site->class == CLASS_UNKNOWN_ORIGIN && !site->leaking;
}

static const char *state_of(const struct site *site)
{
	if (is_old(site))
		return "old";
	return site->leaking ? "leaking" : site->rate.known ? "idle" : "new";
}

static void add_worst(struct text *line, const struct page *page, const struct site *site)
{
	bool alone = HASH_COUNT(site->processes) == 1;

	page_add_clean(line, site->comm);
	text_add(line, alone ? "[" : " (");
	add_holder(line, site);
	text_add(line, alone ? "]" : ")");
	if (site->leaking) {
		text_addf(line, " leaks sockets: %u open, ", site->open);
		add_rate(line, site);
		text_add(line, "/min, oldest ");
	} else if (is_old(site)) {
		text_addf(line, " holds %u unconnected %s of unknown origin, for at least ",
			  site->open, site->open == 1 ? "socket" : "sockets");
	} else {
		text_add(line, " holds ");
		text_addf(line, "%u %s %s, oldest ", site->open, state_of(site),
			  site->open == 1 ? "socket" : "sockets");
	}
	add_age(line, page, site->oldest_ns);
}

/* Where the worst are made: in the first line if it has room, else in one of its own. */
static void page_place(struct page *page, struct text *line, const struct site *site)
{
	const struct frame *culprit = stack_culprit(site->stack);
	_cleanup_text_ struct text place = TEXT_INIT;

	if (culprit && (culprit->function || culprit->module)) {
		text_add(&place, "in ");
		page_add_frame(&place, culprit, NULL);
		if (text_width(text_str(line)) + 2 + text_width(text_str(&place)) <=
		    page_width(page))
			text_add(line, ", ");
		else
			page_line(page, line, true);
		text_add(line, text_str(&place));
	}
	page_line(page, line, true);
}

/* There were leaks, and all have ended: no all-clear. */
static void page_ended(struct page *page, struct text *line)
{
	const struct leaks_totals *totals = &page->summary->leaks;
	static const char *const how[END_COUNT] = {
		[END_CLOSED] = "closed",
		[END_USED] = "used in the end",
		[END_EXITED] = "ended with their process",
	};
	bool first = true;

	text_addf(line, "No leaked sockets are open now, but %llu were: ",
		  (unsigned long long)totals->total);
	for (int reason = 0; reason < END_COUNT; reason++) {
		if (!how[reason] || !totals->resolved[reason])
			continue;
		text_addf(line, "%s%llu %s", first ? "" : ", ",
			  (unsigned long long)totals->resolved[reason], how[reason]);
		first = false;
	}
	page_line(page, line, true);
	text_add(line, "(--json tells of each, with where it was made)");
	page_line(page, line, false);
}

static void page_nothing(struct page *page, struct text *line)
{
	const struct summary *summary = page->summary;
	__u64 watched_ns = summary->now_ns - summary->started_ns;
	bool early = watched_ns <= summary->older_than_ns;

	if (summary->nothing_watched) {
		text_add(line, "Nothing was watched: no such unit, container or pod in ");
		duration_add(line, watched_ns);
		page_line(page, line, true);
		return;
	}
	if (summary->leaks.total) {
		page_ended(page, line);
		return;
	}
	text_add(line, early ? "Too early to tell: a socket counts when unconnected for " :
			       "No leaked sockets: none stayed unconnected for ");
	duration_add_exact(line, summary->older_than_ns);
	text_add(line, ", watched for ");
	duration_add(line, watched_ns);
	page_line(page, line, true);
}

/* What the same process holds from before: the leak may be older than it looks. */
static void page_older(struct page *page, struct text *line, struct site *const *sites, long count)
{
	const struct site_process *worst = sites[0]->processes, *process;
	unsigned int open = 0;

	if (!sites[0]->leaking || HASH_COUNT(worst) != 1)
		return;
	for (long i = 1; i < count; i++) {
		if (!is_old(sites[i]))
			continue;
		HASH_FIND(hh, sites[i]->processes, &worst->tgid, sizeof(worst->tgid), process);
		open += process ? sites[i]->open : 0;
	}
	if (!open)
		return;
	text_addf(line, "It also holds %u of unknown origin: older than this watch, or of io_uring",
		  open);
	page_line(page, line, false);
}

/* "More: 5 places leak, 1 holds idle sockets". */
static void add_more(struct text *line, unsigned int count, const char *one, const char *many)
{
	if (!count)
		return;
	if (line->len)
		text_addf(line, ", %u %s", count, count == 1 ? one : many);
	else
		text_addf(line, "More: %u %s %s", count, count == 1 ? "place" : "places",
			  count == 1 ? one : many);
}

static void page_answer(struct page *page, struct site *const *sites, long count)
{
	_cleanup_text_ struct text line = TEXT_INIT;
	unsigned int leaking = 0, fresh = 0, idle = 0, old = 0;

	if (!count) {
		page_nothing(page, &line);
		return;
	}
	add_worst(&line, page, sites[0]);
	page_place(page, &line, sites[0]);
	page_older(page, &line, sites, count);
	for (long i = 1; i < count; i++) {
		leaking += sites[i]->leaking;
		old += is_old(sites[i]);
		if (!sites[i]->leaking && !is_old(sites[i]))
			*(sites[i]->rate.known ? &idle : &fresh) += 1;
	}
	add_more(&line, leaking, "leaks", "leak");
	add_more(&line, fresh, "holds new sockets", "hold new sockets");
	add_more(&line, idle, "holds idle sockets", "hold idle sockets");
	add_more(&line, old, "holds some of unknown origin", "hold some of unknown origin");
	if (line.len)
		page_line(page, &line, false);
}

/* ---- The table ---- */

/*
 * State, pid, command, open, per minute, oldest, class. A screen too narrow for
 * the class has none: the line below says what happened, too.
 */
#define TABLE_ROW(open) "%-8s %8s %-15s %5" open " %7s %6s%s%s"
#define TABLE_INDENT "         " /* what belongs to a row stands below its pid */

static bool has_class(const struct page *page)
{
	return page_width(page) >= TEXT_WIDTH;
}

static void page_table_head(struct page *page)
{
	_cleanup_text_ struct text line = TEXT_INIT;

	page_line(page, &line, false);
	text_addf(&line, TABLE_ROW("s"), "STATE", "PID", "COMMAND", "OPEN", "PER MIN", "OLDEST",
		  has_class(page) ? "  " : "", has_class(page) ? "CLASS" : "");
	page_line(page, &line, true);
}

/* Who is to blame, and who called it, a line each. */
static void page_culprit(struct page *page, const struct stack *stack)
{
	const struct frame *culprit = stack_culprit(stack), *caller = culprit + 1;
	_cleanup_text_ struct text line = TEXT_INIT;

	text_add(&line, TABLE_INDENT "in ");
	page_add_frame(&line, culprit, stack->package);
	if (stack->package && text_width(text_str(&line)) > page_width(page)) {
		text_clear(&line);
		text_add(&line, TABLE_INDENT "in ");
		page_add_frame(&line, culprit, NULL);
		page_line(page, &line, false);
		text_add(&line, TABLE_INDENT "of package ");
		page_add_clean(&line, stack->package);
	}
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

/*
 * The unit, container and pod; and the command line, with --verbose or where it
 * alone tells the program: `interpreted`, the stack is an interpreter's.
 */
static void page_owner(struct page *page, const struct owner *owner, bool interpreted)
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
	if ((!page->layout->verbose && !interpreted) || !owner->command)
		return;
	text_add(&line, TABLE_INDENT "run as ");
	page_add_clean(&line, owner->command);
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
	add_age(&age, page, site->oldest_ns);
	text_addf(&line, TABLE_ROW("u"), state_of(site), text_str(&holder), text_str(&comm),
		  site->open, text_str(&rate), text_str(&age), has_class(page) ? "  " : "",
		  has_class(page) ? leak_class_phrase(site->class) : "");
	page_line(page, &line, false);

	page_processes(page, site);
	text_add(&line, TABLE_INDENT);
	evidence_add_kind(&line, leak);
	text_add(&line, ": ");
	evidence_add(&line, leak);
	page_line(page, &line, false);

	page_holders(page, leak);
	if (culprit)
		page_culprit(page, site->stack);
	page_owner(page, site->owner, culprit && culprit->plumbing == PLUMBING_RUNTIME);
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
	struct page page = { .out = &foot, .layout = &rest, .summary = summary, .cuts = true };
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
	page.cuts = false;
	page_body(&page, sites, count);
	if (!layout->rows || rest.rows != layout->rows)
		text_add(out, text_str(&foot));
}
