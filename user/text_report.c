/* SPDX-License-Identifier: BSD-2-Clause */
#include "text_report.h"

#include <stdlib.h>
#include <string.h>

#include "duration.h"
#include "evidence.h"
#include "names.h"

#define BOLD "\033[1m"
#define PLAIN "\033[0m"

/* A report in the making: finished lines are cut to the layout's columns and rows. */
struct page {
	struct text *out;
	const struct text_layout *layout;
	const struct summary *summary;
	unsigned int lines;
};

/* As many bytes of a clean UTF-8 line as fit into `columns`. */
static size_t fitting(const char *line, unsigned int columns)
{
	_cleanup_text_ struct text head = TEXT_INIT;
	size_t len = strlen(line), next;
	unsigned int code;

	if (!columns || text_width(line) <= columns)
		return len;
	for (len = 0; line[len]; len += next) {
		next = text_decode_utf8(line + len, strlen(line + len), &code);
		if (!next)
			break;
		text_add_bytes(&head, line + len, next);
		if (text_width(text_str(&head)) > columns)
			break;
	}
	return len;
}

/* Add a line, made in `line`, which is empty afterwards. */
static void page_line(struct page *page, struct text *line, bool bold)
{
	const char *string = text_str(line);

	if (text_error(line))
		page->out->failed = true;
	if (!page->layout->rows || page->lines < page->layout->rows) {
		bold = bold && page->layout->bold;
		text_add(page->out, bold ? BOLD : "");
		text_add_bytes(page->out, string, fitting(string, page->layout->columns));
		text_add(page->out, bold ? PLAIN "\n" : "\n");
		page->lines++;
	}
	text_clear(line);
}

static void add_clean(struct text *line, const char *string)
{
	text_add_clean(line, string, strlen(string));
}

static const char *base_name(const char *path)
{
	const char *slash = strrchr(path, '/');

	return slash && slash[1] ? slash + 1 : path;
}

static void add_count(struct text *line, unsigned long long count, const char *one,
		      const char *many)
{
	text_addf(line, "%llu %s", count, count == 1 ? one : many);
}

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
	if (!site->rate_known)
		text_add(line, "-");
	else if (site->per_minute > 0 && site->per_minute < 9.95)
		text_addf(line, "+%.1f", site->per_minute);
	else
		text_addf(line, "%+.0f", site->per_minute);
}

static void add_age(struct text *line, const struct page *page, __u64 since_ns)
{
	if (since_ns && page->summary->now_ns > since_ns)
		duration_add(line, page->summary->now_ns - since_ns);
	else
		text_add(line, "-");
}

/* "SslSocket::SslSocket() (libtransport.so)", or the module and offset. */
static void add_frame(struct text *line, const struct frame *frame)
{
	if (frame->function)
		add_clean(line, frame->function);
	else if (!frame->module)
		text_addf(line, "0x%llx", (unsigned long long)frame->pc);
	if (!frame->module)
		return;
	text_add(line, frame->function ? " (" : "");
	add_clean(line, base_name(frame->module));
	if (!frame->function)
		text_addf(line, "+0x%llx", (unsigned long long)frame->offset);
	text_add(line, frame->function ? ")" : "");
}

/* ---- The first line ---- */

static void add_worst(struct text *line, const struct page *page, const struct site *site)
{
	const struct frame *culprit = stack_culprit(site->stack);

	add_clean(line, site->comm);
	text_add(line, HASH_COUNT(site->processes) == 1 ? "[" : " (");
	add_holder(line, site);
	text_add(line, HASH_COUNT(site->processes) == 1 ? "]" : ")");
	if (site->leaking) {
		text_addf(line, " leaks sockets: %u open, ", site->open);
		add_rate(line, site);
		text_add(line, "/min, oldest ");
	} else {
		text_add(line, " holds ");
		add_count(line, site->open, "idle socket", "idle sockets");
		text_add(line, ", oldest ");
	}
	add_age(line, page, site->oldest_ns);
	if (culprit && (culprit->function || culprit->module)) {
		text_add(line, ", in ");
		add_frame(line, culprit);
	}
}

static void page_answer(struct page *page, struct site *const *sites, long count)
{
	const struct leaks_totals *totals = &page->summary->leaks;
	_cleanup_text_ struct text line = TEXT_INIT;
	size_t leaking, idle;

	if (!count) {
		text_add(&line, "No leaked sockets: none stayed unconnected for ");
		duration_add_exact(&line, page->summary->older_than_ns);
		text_add(&line, ", watched for ");
		duration_add(&line, page->summary->now_ns - page->summary->started_ns);
		page_line(page, &line, true);
		return;
	}
	add_worst(&line, page, sites[0]);
	page_line(page, &line, true);
	if (count == 1)
		return;
	leaking = totals->leaking - sites[0]->leaking;
	idle = totals->sites - totals->leaking - !sites[0]->leaking;
	if (leaking)
		add_count(&line, leaking, "more place leaks", "more places leak");
	if (idle) {
		text_add(&line, leaking ? ", " : "");
		add_count(&line, idle, "more holds idle ones", "more hold idle ones");
	}
	page_line(page, &line, false);
}

/* ---- The table ---- */

/* State, pid, command, open, per minute, oldest, class: the longest class ends in column 79. */
#define TABLE_ROW(open) "%-8s %8s %-15s %5" open " %7s %6s  %s"
#define TABLE_INDENT "         " /* what belongs to a row stands below its pid */

static void page_table_head(struct page *page)
{
	_cleanup_text_ struct text line = TEXT_INIT;

	page_line(page, &line, false);
	text_addf(&line, TABLE_ROW("s"), "STATE", "PID", "COMMAND", "OPEN", "PER MIN", "OLDEST",
		  "CLASS");
	page_line(page, &line, true);
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
	add_clean(&comm, site->comm);
	add_rate(&rate, site);
	add_age(&age, page, site->oldest_ns);
	text_addf(&line, TABLE_ROW("u"), site->leaking ? "leaking" : "idle", text_str(&holder),
		  text_str(&comm), site->open, text_str(&rate), text_str(&age),
		  leak_class_phrase(site->class));
	page_line(page, &line, false);

	text_add(&line, TABLE_INDENT);
	evidence_add_kind(&line, leak);
	text_add(&line, ": ");
	evidence_add(&line, leak);
	page_line(page, &line, false);

	if (!culprit && !site->owner->unit)
		return;
	text_add(&line, TABLE_INDENT);
	if (culprit) {
		text_add(&line, "in ");
		add_frame(&line, culprit);
	}
	if (site->owner->unit) {
		text_add(&line, culprit ? ", unit " : "unit ");
		add_clean(&line, site->owner->unit);
	}
	page_line(page, &line, false);
}

/* ---- The stacks ---- */

static void page_frame(struct page *page, const struct frame *frame, unsigned int number)
{
	_cleanup_text_ struct text line = TEXT_INIT;

	text_addf(&line, "  #%-3u", number);
	if (page->layout->verbose)
		text_addf(&line, "0x%016llx ", (unsigned long long)frame->pc);
	add_frame(&line, frame);
	if (frame->file) {
		text_add(&line, " at ");
		add_clean(&line, frame->file);
		text_addf(&line, ":%u", frame->line);
	}
	page_line(page, &line, false);
}

static void page_stack(struct page *page, const struct site *site)
{
	_cleanup_text_ struct text line = TEXT_INIT;

	page_line(page, &line, false);
	text_add(&line, "Where ");
	add_clean(&line, site->comm);
	text_add(&line, " makes them");
	if (site->id)
		text_addf(&line, " (site %016llx)", (unsigned long long)site->id);
	if (stack_source_name(site->stack->source))
		text_addf(&line, ", stack by %s:", stack_source_name(site->stack->source));
	page_line(page, &line, true);
	for (unsigned int i = 0; i < site->stack->count; i++)
		page_frame(page, &site->stack->frames[i], i);
}

/* ---- What the run saw ---- */

static void page_run(struct page *page)
{
	const struct summary *summary = page->summary;
	const struct leaks_totals *totals = &summary->leaks;
	_cleanup_text_ struct text line = TEXT_INIT;

	page_line(page, &line, false);
	add_count(&line, totals->open, "leak", "leaks");
	text_add(&line, " open at ");
	add_count(&line, totals->sites, "site", "sites");
	text_addf(&line,
		  " (%zu leaking); %llu ever, %llu closed, %llu used later, %llu with process",
		  totals->leaking, (unsigned long long)totals->total,
		  (unsigned long long)totals->resolved[END_CLOSED],
		  (unsigned long long)totals->resolved[END_USED],
		  (unsigned long long)totals->resolved[END_EXITED]);
	page_line(page, &line, false);

	text_addf(&line, "Seen by %s in ", summary->hooks);
	duration_add(&line, summary->now_ns - summary->started_ns);
	text_addf(&line, ": %llu socket, %llu connect, %llu bind, %llu getpeername, %llu close",
		  (unsigned long long)summary->counters[COUNTER_SOCKET_EXIT],
		  (unsigned long long)summary->counters[COUNTER_CONNECT_EXIT],
		  (unsigned long long)summary->counters[COUNTER_BIND_EXIT],
		  (unsigned long long)summary->counters[COUNTER_GETPEERNAME_EXIT],
		  (unsigned long long)summary->counters[COUNTER_CLOSE_ENTER]);
	page_line(page, &line, false);

	text_addf(&line,
		  "%llu sweeps, the last in %.1f ms; %llu of %llu places for pending sockets used",
		  (unsigned long long)summary->sweeps, (double)summary->sweep_ns / 1e6,
		  (unsigned long long)summary->pending, (unsigned long long)summary->max_sockets);
	page_line(page, &line, false);
	if (totals->held_back) {
		add_count(&line, totals->held_back, "socket", "sockets");
		text_add(&line, " not told used from unused, and not growing: not listed");
		page_line(page, &line, false);
	}
}

static const char *remedy(enum counter counter)
{
	switch (counter) {
	case COUNTER_MAP_FULL:
	case COUNTER_HOME_FULL:
		return "sockets not tracked: raise --max-sockets";
	case COUNTER_STACK_COLLISION:
		return "stacks lost: raise --max-stacks";
	case COUNTER_RING_FULL:
		return "verdicts sent a sweep late: raise --ring-size";
	case COUNTER_IN_FLIGHT_FULL:
		return "results of calls not noted: too many threads inside connect";
	case COUNTER_STACK_FAULT:
	case COUNTER_STACK_OTHER:
		return "stacks lost";
	case COUNTER_SOCKET_UNREADABLE:
		return "sockets closed before they were looked at";
	case COUNTER_DEST_UNREADABLE:
		return "destinations of connect unknown";
	default:
		return "";
	}
}

static void page_losses(struct page *page)
{
	const struct summary *summary = page->summary;
	_cleanup_text_ struct text line = TEXT_INIT;
	unsigned int lost = 0;

	for (int i = 0; i < COUNTER_COUNT; i++) {
		if (!counter_is_loss((enum counter)i) || !summary->counters[i])
			continue;
		text_addf(&line, "Lost: %s %llu (%s)", counter_name((enum counter)i),
			  (unsigned long long)summary->counters[i], remedy((enum counter)i));
		page_line(page, &line, true);
		lost++;
	}
	if (summary->verdicts_waiting) {
		text_addf(&line, "Lost: verdicts_waiting %llu (not told yet: raise --ring-size)",
			  (unsigned long long)summary->verdicts_waiting);
		page_line(page, &line, true);
		lost++;
	}
	if (summary->leaks_not_accounted) {
		text_addf(&line, "Lost: leaks_not_accounted %llu (out of memory)",
			  (unsigned long long)summary->leaks_not_accounted);
		page_line(page, &line, true);
		lost++;
	}
	if (summary->sweeps_failed) {
		text_addf(&line, "Lost: sweeps_failed %llu (fd tables not read to their end)",
			  (unsigned long long)summary->sweeps_failed);
		page_line(page, &line, true);
		lost++;
	}
	if (!lost) {
		text_add(&line, "Nothing was lost.");
		page_line(page, &line, false);
	}
}

void text_report(struct text *out, struct leaks *leaks, const struct summary *summary,
		 const struct text_layout *layout)
{
	struct page page = { .out = out, .layout = layout, .summary = summary };
	_cleanup_text_ struct text line = TEXT_INIT;
	struct site *const *sites;
	long count = leaks__sites(leaks, &sites);

	if (count < 0) {
		out->failed = true;
		return;
	}
	page_answer(&page, sites, count);
	if (count)
		page_table_head(&page);
	for (long i = 0; i < count && i < layout->top; i++)
		page_site(&page, sites[i]);
	if (count > layout->top) {
		text_addf(&line, "... and %ld more (--top %ld shows all)", count - layout->top,
			  count);
		page_line(&page, &line, false);
	}
	for (long i = 0, shown = 0; i < count && i < layout->top && shown < layout->stacks; i++) {
		if (!sites[i]->stack)
			continue;
		page_stack(&page, sites[i]);
		shown++;
	}
	page_run(&page);
	page_losses(&page);
}
