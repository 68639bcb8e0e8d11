/* SPDX-License-Identifier: BSD-2-Clause */
#include "report/text/text_report.h"

#include <stdlib.h>
#include <string.h>

#include "leaks/ways.h"
#include "lib/names.h"
#include "lib/time.h"
#include "report/evidence.h"
#include "report/text/text_page.h"
#include "report/text/text_place.h"

#define PROCESSES_SHOWN 4 /* of a site that several share */

/* ---- The table ---- */

/*
 * State, pid, command, open, per minute, oldest, class. On a screen too narrow for it, the class
 * has a line of its own.
 */
#define TABLE_ROW(open) "%-8s %8s %-15s %5" open " %7s %6s%s%s"
#define MARK_COLUMN 8 /* between state and pid: of the row that is selected */
/* The row of a scan, which knows neither state nor rate. */
#define SCAN_ROW(open) "%8s %-15s %5" open " %6s  %s%s"
/* The row of `run`, whose processes have ended. */
#define RUN_ROW(open) "%-8s %8s %-15s %5" open "  %s"

static bool has_class(const struct page *page)
{
	return page_width(page) >= TEXT_WIDTH;
}

static void page_table_head(struct page *page)
{
	_cleanup_text_ struct text line = TEXT_INIT;

	page_line(page, &line, /* bold= */ false);
	if (page->summary->is_scan)
		text_addf(&line, SCAN_ROW("s"), "PID", "COMMAND", "OPEN", "OLDEST", "CLASS", "");
	else if (page->summary->run)
		text_addf(&line, RUN_ROW("s"), "STATE", "PID", "COMMAND", "LEFT", "CLASS");
	else
		text_addf(&line, TABLE_ROW("s"), "STATE", "PID", "COMMAND", "OPEN", "PER MIN",
			  "OLDEST", has_class(page) ? "  " : "", has_class(page) ? "CLASS" : "");
	page_line(page, &line, /* bold= */ true);
}

static void add_place_line(struct text *line, const char *before, const struct code_place *place,
			   const char *program, const char *package)
{
	text_clear(line);
	text_add(line, TEXT_INDENT);
	text_add(line, before);
	place_add(line, place, program, package);
	place_add_source(line, place);
}

/* The one that was named is not alone. */
static void add_other_ways(struct page *page, struct text *line, const struct site *site)
{
	_cleanup_ways_ struct ways ways = { 0 };
	unsigned int others;

	if (ways_find(site, 1, &ways))
		page->out->failed = true;
	others = ways.distinct ? ways.distinct - 1 : 0;
	if (others)
		text_addf(line, ", and %u more %s", others, others == 1 ? "way" : "ways");
}

/* The culprit and its caller, a line each. */
static void page_culprit(struct page *page, const struct site *site, const struct culprit *culprit)
{
	const char *package = culprit->where.language ? NULL : site->stack->package, *program;
	_cleanup_text_ struct text line = TEXT_INIT;
	struct program_name buffer;

	program = place_program(site->owner, site->name, &buffer);
	add_place_line(&line, "in ", &culprit->where, program, package);
	if (package && text_width(text_str(&line)) > page_width(page)) {
		add_place_line(&line, "in ", &culprit->where, program, NULL);
		page_line(page, &line, /* bold= */ false);
		text_add(&line, TEXT_INDENT "of package ");
		page_add_clean(&line, package);
	}
	page_line(page, &line, /* bold= */ false);
	if (!culprit->caller.frame)
		return;
	add_place_line(&line, "called from ", &culprit->caller, program, NULL);
	add_other_ways(page, &line, site);
	page_line(page, &line, /* bold= */ false);
}

/* No code can be named: say why, for a line that is missing would only puzzle. */
static void page_nowhere(struct page *page, const struct leak *leak, const struct stack *stack)
{
	_cleanup_text_ struct text line = TEXT_INIT;
	unsigned int i = 0;

	/* If no hook saw the creation, the creating program is unknown. */
	if (leak->event.socket.flags & PENDING_ORIGIN_UNKNOWN)
		return;
	if (leak->event.execed) {
		text_add(&line, TEXT_INDENT "created before exec and inherited (no SOCK_CLOEXEC)");
		page_line(page, &line, /* bold= */ false);
		return;
	}
	if (!stack && leak->event.socket.flags & PENDING_URING) {
		text_add(&line, TEXT_INDENT "made by io_uring, in no call of the program's: "
					    "there is no stack");
		page_line(page, &line, /* bold= */ false);
		return;
	}
	while (stack && i < stack->count && stack->frames[i].module)
		i++;
	if (!stack || i == stack->count)
		return;
	text_addf(&line, TEXT_INDENT "in 0x%llx, which is in no mapped file: JIT code or unloaded",
		  (unsigned long long)stack->frames[i].pc);
	page_line(page, &line, /* bold= */ false);
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
	text_add(&line, TEXT_INDENT "by ");
	for (shown = 0; shown < count && (shown < PROCESSES_SHOWN || page->layout->verbose);
	     shown++)
		text_addf(&line, "%s%u (%u)", shown ? ", " : "", sorted[shown]->tgid,
			  sorted[shown]->open);
	if (page_is_ended(site)) /* of which the latest are named */
		count = site->ended.processes;
	if (shown < count)
		text_addf(&line, " and %u more", count - shown);
	page_line(page, &line, /* bold= */ false);
	free(sorted);
}

/* The other holders; and the creator, if it is not a holder. */
static void page_holders(struct page *page, const struct leak *leak)
{
	const struct holders *holders = &leak->holders;
	const struct pending *socket = &leak->event.socket;
	_cleanup_text_ struct text line = TEXT_INIT, comm = TEXT_INIT;
	unsigned int shown = 0, more = holders->others;

	for (unsigned int i = 0; i < holders->count; i++) {
		const struct holder *holder = &holders->named[i];

		if (holder->tgid == leak->event.tgid)
			continue;
		if (shown >= PROCESSES_SHOWN && !page->layout->verbose) {
			more++;
			continue;
		}
		text_add(&line, shown++ ? ", " : TEXT_INDENT "also held by ");
		page_add_clean(&line, holder->comm);
		text_addf(&line, "[%u]", holder->tgid);
	}
	if (more)
		text_addf(&line, " and %u more", more);
	if (shown)
		page_line(page, &line, /* bold= */ false);
	if (socket->flags & PENDING_ORIGIN_UNKNOWN || !socket->tgid || !holders->count ||
	    holders->named[0].tgid == socket->tgid)
		return;
	text_add(&line, TEXT_INDENT "created by ");
	text_add_bytes(&comm, socket->comm, strnlen(socket->comm, sizeof(socket->comm)));
	page_add_clean(&line, text_str(&comm));
	text_addf(&line, "[%u], which has exited or closed it", socket->tgid);
	page_line(page, &line, /* bold= */ false);
}

/* The main thread's own name, where the executable's stands in the row instead. */
static void page_comm(struct page *page, const struct site *site)
{
	_cleanup_text_ struct text line = TEXT_INIT;

	if (!memcmp(site->name, site->comm, sizeof(site->name)))
		return;
	text_add(&line, TEXT_INDENT "its main thread is called ");
	page_add_clean(&line, site->comm);
	page_line(page, &line, /* bold= */ false);
}

/*
 * The unit, container, pod and machine; and the command line, with --verbose or where it
 * alone tells the program: `interpreted`, the executable is an interpreter, or no code is known.
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
	if (owner->machine) {
		text_addf(&line, "%smachine ", line.len ? ", " : "");
		page_add_clean(&line, owner->machine);
	}
	if (line.len) {
		_cleanup_text_ struct text whole = TEXT_INIT;

		text_addf(&whole, TEXT_INDENT "of %s", text_str(&line));
		page_line(page, &whole, /* bold= */ false);
		text_clear(&line);
	}
	if ((!page->layout->verbose && !interpreted) || !owner->command)
		return;
	text_add(&line, TEXT_INDENT "run as: ");
	page_add_clean(&line, owner->command);
	page_line(page, &line, /* bold= */ false);
}

/*
 * The rate that a process's time is computed from is of all its leaking sites: it is said where
 * it is not what the row says, which is of one site in all its processes.
 */
static void add_its_rate(struct text *line, const struct site *site, const struct forecast *fds)
{
	_cleanup_text_ struct text of_site = TEXT_INIT, of_process = TEXT_INIT;

	page_add_rate(&of_site, site);
	page_add_per_minute(&of_process, fds->per_minute);
	if (strcmp(text_str(&of_site), text_str(&of_process)) != 0)
		text_addf(line, " at the process's %s/min", text_str(&of_process));
	else
		text_add(line, " at this rate");
}

/* The descriptors of the worst of its processes, and how long they will do. */
static void page_fds(struct page *page, const struct site *site)
{
	_cleanup_text_ struct text line = TEXT_INIT;
	const struct site_process *process = page_most_full(site);
	const struct forecast *fds = process ? &process->forecast : NULL;
	double seconds;

	if (!process)
		return;
	text_add(&line, TEXT_INDENT);
	if (HASH_COUNT(site->processes) > 1)
		text_addf(&line, "%u: ", process->tgid);
	page_add_fds(&line, fds);
	text_add(&line, " open");
	if (forecast_seconds(fds, &seconds) && (site->leaking || seconds <= 0)) {
		text_add(&line, ", ");
		page_add_time_left(&line, seconds);
		if (seconds > 0)
			add_its_rate(&line, site, fds);
	}
	if (site->leaking && site->rate.silent_ns) {
		text_add(&line, "; no new one for ");
		duration_add(&line, site->rate.silent_ns);
	}
	page_line(page, &line, /* bold= */ false);
}

static void page_row(struct page *page, const struct site *site)
{
	_cleanup_text_ struct text line = TEXT_INIT, holder = TEXT_INIT, comm = TEXT_INIT,
				   rate = TEXT_INIT, age = TEXT_INIT;
	unsigned int count = page_is_ended(site) ? (unsigned int)site->ended.sockets : site->open;

	page_add_holder(&holder, site);
	page_add_clean(&comm, site->name);
	page_add_rate(&rate, site);
	if (page->summary->is_scan && !site->oldest_ns)
		text_add(&age, "?");
	else if (page_is_ended(site))
		text_add(&age, "-");
	else
		page_add_oldest(&age, page, site);
	if (page->summary->is_scan)
		text_addf(&line, SCAN_ROW("u"), text_str(&holder), text_str(&comm), site->open,
			  text_str(&age), leak_class_phrase(site->class),
			  site->maybe_in_use ? "; may be in use" : "");
	else if (page->summary->run)
		text_addf(&line, RUN_ROW("u"), site->leaking ? "grew" : "left", text_str(&holder),
			  text_str(&comm), site->open, leak_class_phrase(site->class));
	else
		text_addf(&line, TABLE_ROW("u"), page_state(site), text_str(&holder),
			  text_str(&comm), count, text_str(&rate), text_str(&age),
			  has_class(page) ? "  " : "",
			  has_class(page) ? leak_class_phrase(site->class) : "");
	if (site == page->layout->selected && !text_error(&line))
		line.data[MARK_COLUMN] = '>';
	page_line(page, &line, site == page->layout->selected);
	if (page->summary->is_scan || has_class(page))
		return;
	text_addf(&line, TEXT_INDENT "%s", leak_class_phrase(site->class));
	page_line(page, &line, /* bold= */ false);
}

static void page_site(struct page *page, const struct site *site)
{
	struct culprit culprit = site_culprit(site);
	_cleanup_text_ struct text line = TEXT_INIT, others = TEXT_INIT;
	const struct leak *leak = site->leaks;

	while (leak && (leak->held_back || leak->event.class != site->class))
		leak = leak->next;
	if (!leak)
		return; /* its table is made anew at the next sweep */
	page_row(page, site);
	page_share(page, site);
	page_processes(page, site);
	page_end(page, site);
	page_fds(page, site);
	text_add(&line, TEXT_INDENT);
	evidence_add_kind(&line, leak);
	text_add(&line, ": ");
	evidence_add(&line, leak, page->summary->now_ns);
	page_line(page, &line, /* bold= */ false);
	evidence_add_other_kinds(&others, leak, site->leaks);
	if (others.len) {
		text_addf(&line, TEXT_INDENT "%s", text_str(&others));
		page_line(page, &line, /* bold= */ false);
	}

	page_holders(page, leak);
	if (culprit.where.frame)
		page_culprit(page, site, &culprit);
	else
		page_nowhere(page, leak, site->stack);
	page_comm(page, site);
	page_owner(page, site->owner, culprit.interpreted || !culprit.where.frame);
}

/* Is its stack that of one before it? A site that leaks now may have ended before, as well. */
static bool has_its_stack(struct site *const *sites, long index)
{
	const struct site *site = sites[index];

	for (long i = 0; i < index; i++)
		if (page_is_ended(site) != page_is_ended(sites[i]) && sites[i]->stack && site->id &&
		    sites[i]->id == site->id &&
		    !memcmp(sites[i]->comm, site->comm, sizeof(site->comm)))
			return true;
	return false;
}

/* Stacks of leaks come first: a call that failed with EMFILE is usually a bystander's. */
static void page_stacks(struct page *page, struct site *const *sites, long count)
{
	const struct text_layout *layout = page->layout;
	_cleanup_text_ struct text line = TEXT_INIT;
	unsigned int shown = 0, left = 0;
	long i, end = 0;

	for (i = 0; i < count && i < layout->top; i++) {
		if (!sites[i]->stack || has_its_stack(sites, i))
			continue;
		if (shown == layout->stacks) {
			left++;
			continue;
		}
		page_stack(page, sites[i]);
		shown++;
		end = i + 1;
	}
	page_limit_stacks(page, sites, end);
	if (!left || !shown)
		return;
	page_line(page, &line, /* bold= */ false);
	text_addf(&line, "... and the %s of %u more %s (-v shows all)",
		  left == 1 ? "stack" : "stacks", left, left == 1 ? "site" : "sites");
	page_line(page, &line, /* bold= */ false);
}

static void page_table(struct page *page, struct site *const *sites, long count)
{
	const struct text_layout *layout = page->layout;
	_cleanup_text_ struct text line = TEXT_INIT;

	if (count)
		page_table_head(page);
	for (long i = 0; i < count && i < layout->top; i++)
		page_site(page, sites[i]);
	if (count > layout->top) {
		text_addf(&line, "... and %ld more (--top %ld shows all)", count - layout->top,
			  count);
		page_line(page, &line, /* bold= */ false);
	}
}

static void page_selected(struct page *page, const struct site *site)
{
	_cleanup_text_ struct text line = TEXT_INIT;

	page_table_head(page);
	page_site(page, site);
	if (site->stack) {
		page_stack(page, site);
		return;
	}
	page_line(page, &line, /* bold= */ false);
	text_add(&line, "Its stack is not known.");
	page_line(page, &line, /* bold= */ false);
}

static void page_body(struct page *page, struct site *const *sites, long count)
{
	const struct text_layout *layout = page->layout;

	if (layout->only_selected) {
		page_selected(page, layout->selected);
		return;
	}
	page_answer(page, sites, count);
	while (!layout->verbose && count && page_is_exited(sites[count - 1]))
		count--; /* they had not grown: the foot counts them */
	if (layout->order)
		page_table(page, layout->order, layout->n_order);
	else
		page_table(page, sites, count);
	page_stacks(page, sites, count);
	page_hints(page);
	if (layout->verbose && !layout->columns)
		page_entries(page, sites, count < layout->top ? count : layout->top);
}

/* On a screen of which the foot would take more than a third, what was lost is all of it. */
static void page_foot(struct page *page)
{
	unsigned int rows = page->layout->rows;

	text_foot(page);
	if (!page->layout->only_selected && (!rows || rows >= 3 * page->lines))
		return;
	text_clear(page->out);
	page->lines = 0;
	text_foot_losses(page);
}

void text_report(struct text *out, struct leaks *leaks, const struct summary *summary,
		 const struct text_layout *layout)
{
	_cleanup_text_ struct text foot = TEXT_INIT;
	struct text_layout rest = *layout;
	struct page page = { .out = &foot, .layout = &rest, .summary = summary, .cuts = true };
	struct site *const *sites;
	long count =
		summary->run ? leaks__sites(leaks, &sites) : leaks__listed(leaks, true, &sites);

	if (summary->run && count > 0)
		count = page_left_sites(&page, sites, count);
	page_foot(&page);
	if (count < 0 || text_error(&foot)) {
		out->failed = true;
		return;
	}
	/* On a screen that is too small even for the answer and the losses, the answer. */
	if (layout->rows > page.lines + 2)
		rest.rows = layout->rows - page.lines;
	else if (layout->rows)
		text_clear(&foot);
	page.out = out;
	page.lines = 0;
	page.cuts = page.is_cut = false;
	page_body(&page, sites, count);
	page_end_rows(&page);
	text_add(out, text_str(&foot));
}
