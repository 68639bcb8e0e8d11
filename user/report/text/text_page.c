/* SPDX-License-Identifier: BSD-2-Clause */
#include "report/text/text_page.h"

#include <math.h>
#include <string.h>

#include "lib/time.h"
#include "report/short_name.h"
#include "stacks/scripts/script_rules.h"

#define BOLD "\033[1m"
#define PLAIN "\033[0m"
#define SHORT_PATH 3 /* names of a script's path that are shown */
#define MAX_PIECES 3 /* a line of a screen may become; names of other processes have no end */

unsigned int page_width(const struct page *page)
{
	return page->layout->columns ?: TEXT_WIDTH;
}

/* As many bytes of a clean UTF-8 line, which has `whole`, as fit into `columns`. */
static size_t fitting(const char *line, size_t whole, unsigned int columns)
{
	size_t len, next, width = 0;
	char character[5] = "";
	unsigned int code;

	if (!columns)
		return whole;
	for (len = 0; len < whole; len += next) {
		next = text_decode_utf8(line + len, whole - len, &code);
		if (!next)
			break;
		memcpy(character, line + len, next);
		character[next] = '\0';
		width += text_width(character);
		if (width > columns)
			break;
	}
	return len;
}

/* Where to end a piece of a line that goes on: behind a word, if it has one. */
static size_t break_at(const char *line, size_t fit)
{
	size_t words = strspn(line, " "), end = fit;

	while (end > words && line[end] != ' ')
		end--;
	return end > words ? end : fit;
}

static void page_piece(struct page *page, unsigned int indent, const char *bytes, size_t len,
		       bool bold)
{
	if (page->layout->rows && page->lines >= page->layout->rows) {
		page->is_cut = true;
		return;
	}
	page->last = page->out->len;
	bold = bold && page->layout->bold;
	text_addf(page->out, "%s%*s", bold ? BOLD : "", (int)indent, "");
	text_add_bytes(page->out, bytes, len);
	text_add(page->out, bold ? PLAIN "\n" : "\n");
	page->lines++;
}

/* The last piece of a line that has room for no more: "...", in the place of what is left. */
static void page_cut_piece(struct page *page, unsigned int indent, const char *rest, size_t left,
			   bool bold)
{
	static const char dots[] = "...";
	unsigned int room = page->layout->columns - indent, taken = sizeof(dots) - 1;
	_cleanup_text_ struct text piece = TEXT_INIT;

	if (room <= taken) /* no terminal, but somebody's terminal may say so */
		taken = 0;
	text_add_bytes(&piece, rest, fitting(rest, left, room - taken));
	text_add(&piece, taken ? dots : "");
	page->out->failed |= text_error(&piece) != 0;
	page_piece(page, indent, text_str(&piece), piece.len, bold);
}

void page_line(struct page *page, struct text *line, bool bold)
{
	unsigned int columns = page->layout->columns, indent = 0, pieces;
	unsigned int most = page->cuts && !bold ? 1 : MAX_PIECES;
	const char *rest = text_str(line);
	size_t left = line->len, fit;

	if (text_error(line))
		page->out->failed = true;
	for (pieces = 1;; pieces++) {
		fit = fitting(rest, left, columns ? columns - indent : 0);
		if (fit == left || pieces == most)
			break;
		fit = break_at(rest, fit);
		page_piece(page, indent, rest, fit, bold);
		if (pieces == 1)
			indent = (unsigned int)strspn(rest, " ") + 2;
		if (indent > columns / 2)
			indent = 0;
		rest += fit;
		left -= fit;
		for (; *rest == ' '; rest++)
			left--;
	}
	if (fit == left)
		page_piece(page, indent, rest, fit, bold);
	else
		page_cut_piece(page, indent, rest, left, bold);
	text_clear(line);
}

void page_end_rows(struct page *page)
{
	_cleanup_text_ struct text line = TEXT_INIT;

	if (!page->is_cut || page->lines < 2)
		return;
	text_cut(page->out, page->last);
	page->lines--;
	text_add(&line, "... cut here; the report at the end has all");
	page_line(page, &line, /* bold= */ false);
}

void page_repeats(struct page *page, unsigned int repeats, unsigned int last)
{
	_cleanup_text_ struct text line = TEXT_INIT;

	text_addf(&line, "  ... the same %u times more, to #%u", repeats, last);
	page_line(page, &line, /* bold= */ false);
}

void page_add_clean(struct text *line, const char *string)
{
	text_add_clean(line, string, strlen(string));
}

void page_add_count(struct text *line, unsigned long long count, const char *one, const char *many)
{
	text_addf(line, "%llu %s", count, count == 1 ? one : many);
}

/* The end of a path that a person knows a file of a program by: "app/workers/notify.rb". */
static const char *short_path(const char *path)
{
	const char *begin = path + strlen(path);

	for (int slashes = 0; begin > path; begin--)
		if (begin[-1] == '/' && ++slashes == SHORT_PATH)
			break;
	return begin == path + 1 ? path : begin; /* nothing but a slash is left out: it is whole */
}

/* Native methods of Java have a file, and no line. */
static void page_add_line(struct text *line, unsigned int number)
{
	if (number)
		text_addf(line, ":%u", number);
}

/* A function of a script, whose file says more than what executes it. */
static void add_function_of_script(struct text *line, const struct frame *frame,
				   const char *package)
{
	if (frame->function)
		short_name_add(line, frame->function);
	else
		text_add(line, "?");
	text_add(line, " (");
	if (frame->file) {
		page_add_clean(line, short_path(frame->file));
		page_add_line(line, frame->line);
	} else {
		text_add(line, script_language_name(frame->script));
	}
	if (package) {
		text_add(line, ", package ");
		page_add_clean(line, package);
	}
	text_add(line, ")");
}

void page_add_frame(struct text *line, const struct frame *frame, const char *package)
{
	if (frame->script) {
		add_function_of_script(line, frame, package);
		return;
	}
	if (frame->function)
		short_name_add(line, frame->function);
	else if (!frame->module)
		text_addf(line, "0x%llx", (unsigned long long)frame->pc);
	if (!frame->module)
		return;
	text_add(line, frame->function ? " (" : "");
	page_add_clean(line, short_name_module(frame->function, frame->module));
	if (!frame->function)
		text_addf(line, "+0x%llx", (unsigned long long)frame->offset);
	if (package) {
		text_add(line, frame->function ? ", package " : " (package ");
		page_add_clean(line, package);
	}
	text_add(line, frame->function || package ? ")" : "");
}

void page_add_frame_source(struct text *line, const struct frame *frame)
{
	if (frame->file) {
		text_add(line, " at ");
		page_add_clean(line, frame->file);
		page_add_line(line, frame->line);
	} else if (frame->local_to) {
		text_add(line, " in ");
		page_add_clean(line, frame->local_to);
	}
}

void page_add_stack_frame(struct text *line, const struct frame *frame)
{
	if (frame->script) {
		if (frame->function)
			short_name_add(line, frame->function);
		else
			text_add(line, "?");
		text_addf(line, " (%s)", script_language_name(frame->script));
	} else {
		page_add_frame(line, frame, NULL);
	}
	if (frame->inlined)
		text_add(line, " inlined");
	page_add_frame_source(line, frame);
	if (frame_trouble_phrase(frame->trouble))
		text_addf(line, " (%s)", frame_trouble_phrase(frame->trouble));
}

void page_add_holder(struct text *line, const struct site *site)
{
	unsigned int processes =
		page_is_ended(site) ? site->ended.processes : HASH_COUNT(site->processes);

	if (processes == 1)
		text_addf(line, "%u", site->processes->tgid);
	else
		text_addf(line, "%u procs", processes);
}

void page_add_rate(struct text *line, const struct site *site)
{
	if (site->rate.known)
		page_add_per_minute(line, site->rate.per_minute);
	else
		text_add(line, "-");
}

void page_add_per_minute(struct text *line, double per_minute)
{
	if (fabs(per_minute) < 0.0005)
		text_add(line, "+0");
	else if (fabs(per_minute) < 0.95)
		text_addf(line, "%+.1g", per_minute); /* one in twenty minutes: +0.05 */
	else
		text_addf(line, fabs(per_minute) < 9.95 ? "%+.1f" : "%+.0f", per_minute);
}

void page_add_age(struct text *line, const struct page *page, __u64 since_ns)
{
	if (since_ns && page->summary->now_ns > since_ns)
		duration_add(line, page->summary->now_ns - since_ns);
	else
		text_add(line, "-");
}

void page_add_oldest(struct text *line, const struct page *page, const struct site *site)
{
	if (site->class == CLASS_UNKNOWN_ORIGIN && site->oldest_ns)
		text_add(line, ">");
	page_add_age(line, page, site->oldest_ns);
}

const struct site_process *page_fullest(const struct site *site, double *ret_seconds)
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

/* Is `a` nearer to its limit than `b`? */
static bool is_fuller(const struct forecast *a, const struct forecast *b)
{
	double a_left, b_left;

	if (forecast_seconds(a, &a_left)) /* it is known when the descriptors end */
		return !forecast_seconds(b, &b_left) || a_left < b_left;
	if (forecast_seconds(b, &b_left))
		return false;
	return (double)a->fds_open * (double)b->fds_limit >
	       (double)b->fds_open * (double)a->fds_limit;
}

const struct site_process *page_most_full(const struct site *site)
{
	const struct site_process *process, *found = NULL;

	for (process = site->processes; process; process = process->hh.next)
		if (process->forecast.looked_ns &&
		    (!found || is_fuller(&process->forecast, &found->forecast)))
			found = process;
	return found;
}

void page_add_fds(struct text *line, const struct forecast *fds)
{
	text_addf(line, "%llu ", (unsigned long long)fds->fds_open);
	if (fds->fds_limit != FDS_UNLIMITED)
		text_addf(line, "of %llu ", (unsigned long long)fds->fds_limit);
	text_add(line, "descriptors");
}

void page_add_time_left(struct text *line, double seconds)
{
	text_add(line, "EMFILE ");
	text_add(line, seconds > 0 ? "in " : "now");
	if (seconds > PAGE_FAR_S)
		text_add(line, "years");
	else if (seconds > 0)
		duration_add(line, (__u64)seconds * NSEC_PER_SEC);
}
