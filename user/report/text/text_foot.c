/* SPDX-License-Identifier: BSD-2-Clause */
#include "leaks/suppressions.h"
#include "lib/names.h"
#include "lib/time.h"
#include "report/losses.h"
#include "report/text/text_page.h"

/* How the leaks ended. */
static void page_ends(struct page *page)
{
	const struct leaks_totals *totals = &page->summary->leaks;
	_cleanup_text_ struct text line = TEXT_INIT;

	page_line(page, &line, /* bold= */ false);
	text_addf(&line, "%u unconnected at ", totals->open);
	page_add_count(&line, totals->sites, "site", "sites");
	text_addf(&line, " (%zu leaking); %llu in total: %llu closed, %llu used, %llu exited",
		  totals->leaking, (unsigned long long)totals->total,
		  (unsigned long long)totals->resolved[END_CLOSED],
		  (unsigned long long)totals->resolved[END_USED],
		  (unsigned long long)totals->resolved[END_EXITED]);
	page_line(page, &line, /* bold= */ false);
}

/* How many system calls were seen. */
static void page_calls(struct page *page)
{
	const struct summary *summary = page->summary;
	_cleanup_text_ struct text line = TEXT_INIT;

	text_add(&line, "System calls in ");
	duration_add(&line, summary->now_ns - summary->started_ns);
	text_addf(&line, ": %llu socket, %llu connect, %llu bind, %llu getpeername",
		  (unsigned long long)summary->counters[COUNTER_SOCKET_EXIT],
		  (unsigned long long)summary->counters[COUNTER_CONNECT_EXIT],
		  (unsigned long long)summary->counters[COUNTER_BIND_EXIT],
		  (unsigned long long)summary->counters[COUNTER_GETPEERNAME_EXIT]);
	if (summary->counters[COUNTER_CLOSE_ENTER]) /* --watch-close */
		text_addf(&line, ", %llu close",
			  (unsigned long long)summary->counters[COUNTER_CLOSE_ENTER]);
	page_line(page, &line, /* bold= */ false);
}

/*
 * Dead connections that nobody asked for: "12 sockets are half closed (CLOSE_WAIT); --also
 * half_closed lists them".
 */
static void page_left_aside(struct page *page)
{
	const struct sweep_counts *counts = &page->summary->sweep_counts;
	_cleanup_text_ struct text line = TEXT_INIT, names = TEXT_INIT;
	bool one = counts->half_closed + counts->was_connected == 1;

	if (counts->half_closed) {
		page_add_count(&line, counts->half_closed, "socket is", "sockets are");
		text_add(&line, " half closed (CLOSE_WAIT)");
		text_add(&names, leak_class_name(CLASS_HALF_CLOSED));
	}
	if (counts->was_connected) {
		text_add(&line, counts->half_closed ? ", and " : "");
		page_add_count(&line, counts->was_connected, "socket", "sockets");
		text_addf(&line, " had a connection that is gone");
		text_addf(&names, "%s%s", names.len ? "," : "",
			  leak_class_name(CLASS_WAS_CONNECTED));
	}
	if (!line.len)
		return;
	text_addf(&line, "; --also %s lists %s", text_str(&names), one ? "it" : "them");
	page_line(page, &line, /* bold= */ false);
}

/* How it watched. */
static void page_means(struct page *page)
{
	const struct summary *summary = page->summary;
	_cleanup_text_ struct text line = TEXT_INIT;

	text_addf(&line, "%llu sweeps (%llu full", (unsigned long long)summary->sweeps,
		  (unsigned long long)summary->sweep_counts.full_sweeps);
	if (summary->sweep_counts.pieces)
		text_addf(&line, ", %llu a piece of one",
			  (unsigned long long)summary->sweep_counts.pieces);
	text_addf(&line, "), last took %.1f ms; %llu of at most %llu sockets tracked",
		  (double)summary->sweep_ns / 1e6, (unsigned long long)summary->pending,
		  (unsigned long long)summary->max_sockets);
	page_line(page, &line, /* bold= */ false);
	/* These stay the same, and a screen has few rows: the report at the end has them. */
	if (page->layout->rows && !page->layout->verbose)
		return;
	text_addf(&line, "Hooks by %s", summary->hooks);
	if (summary->kernel_bytes)
		text_addf(&line, "; %.1f MiB of kernel memory",
			  (double)summary->kernel_bytes / (1024 * 1024));
	page_line(page, &line, /* bold= */ false);
	if (summary->n_hooks_why) { /* the remedies are in the log, and doctor's */
		text_add(&line, "Not used: ");
		kind_refusals_add(&line, summary->hooks_why, summary->n_hooks_why, false);
		page_line(page, &line, /* bold= */ false);
	}
}

static void page_run(struct page *page)
{
	const struct summary *summary = page->summary;
	_cleanup_text_ struct text line = TEXT_INIT;

	if (summary->run)
		page_left_totals(page);
	else
		page_ends(page);
	page_calls(page);
	if (!summary->run || page->layout->verbose)
		page_means(page);
	if (summary->fetches) {
		text_addf(&line, "Debug files: %llu fetched, %llu unavailable, %llu queued",
			  (unsigned long long)summary->fetcher.fetched,
			  (unsigned long long)summary->fetcher.failed,
			  (unsigned long long)summary->fetcher.waiting);
		page_line(page, &line, /* bold= */ false);
	}
	if (summary->leaks.held_back) {
		page_add_count(&line, summary->leaks.held_back, "socket may be in use and is",
			       "sockets may be in use and are");
		text_add(&line, " not growing; not listed");
		page_line(page, &line, /* bold= */ false);
	}
	page_left_aside(page);
	if (page->layout->verbose && summary->leaks.exited_not_kept) {
		page_add_count(&line, summary->leaks.exited_not_kept, "more site", "more sites");
		text_add(&line, " ended without having grown; not listed");
		page_line(page, &line, /* bold= */ false);
	}
}

/* The source of the ages and stacks that a scan shows, if it shows any sockets. */
static void page_history(struct page *page)
{
	const struct summary *summary = page->summary;
	_cleanup_text_ struct text line = TEXT_INIT;

	if (!summary->shown)
		return;
	if (!summary->history_tgid)
		text_add(&line, "No sockleak was watching: ages and stacks are unknown");
	else if (summary->recalled)
		text_addf(&line, "Ages and stacks are from sockleak[%u], which has watched ",
			  summary->history_tgid);
	else
		text_addf(&line,
			  "Ages and stacks are unknown: these sockets were made before or out of "
			  "sight of sockleak[%u], which has watched ",
			  summary->history_tgid);
	if (summary->history_tgid) {
		text_add(&line, summary->history_is_partial ? "part of the host for " : "for ");
		duration_add(&line, summary->now_ns - summary->history_begun_ns);
	}
	page_line(page, &line, /* bold= */ false);
}

/* The end of a scan's report: how much was read, and the source of ages and stacks. */
static void page_look(struct page *page)
{
	const struct summary *summary = page->summary;
	_cleanup_text_ struct text line = TEXT_INIT;

	page_line(page, &line, /* bold= */ false);
	if (summary->leaks.open > summary->uncertain) {
		text_addf(&line, "Read %llu descriptors in ",
			  (unsigned long long)summary->counters[COUNTER_FILES_SWEPT]);
		duration_add(&line, summary->sweep_ns);
		page_line(page, &line, /* bold= */ false);
	}
	if (summary->leaks.held_back) {
		page_add_count(&line, summary->leaks.held_back, "more", "more");
		text_add(&line, " may be in use; not listed (-v lists them)");
		page_line(page, &line, /* bold= */ false);
	}
	page_history(page);
}

/* An event that is a sweep late is not lost. At the start many are. */
static bool is_late(const struct loss *loss)
{
	return loss->kind == LOSS_LATE;
}

unsigned int text_foot_losses(struct page *page)
{
	_cleanup_text_ struct text line = TEXT_INIT;
	const struct loss *loss;
	unsigned int said = 0;

	for (loss = loss_next(NULL); loss; loss = loss_next(loss)) {
		__u64 count = loss_count(loss, page->summary);

		if (!count)
			continue;
		text_addf(&line, "%s: %s %llu (%s%s%s)",
			  is_late(loss) ? "Late, but not lost" : "Lost", loss->name,
			  (unsigned long long)count, loss->what, loss->remedy ? ": " : "",
			  loss->remedy ?: "");
		page_line(page, &line, !is_late(loss));
		said++;
	}
	return said;
}

/* The number of suppressed leaks, and the entries that matched nothing. */
static void page_suppressed(struct page *page)
{
	const struct suppressions *suppressions = page->summary->suppressions;
	_cleanup_text_ struct text line = TEXT_INIT, unused = TEXT_INIT;
	size_t count = suppressions ? suppressions__count(suppressions) : 0;
	unsigned long long total = 0;

	if (!suppressions)
		return;
	for (size_t i = 0; i < count; i++) {
		struct suppression entry = suppressions__get(suppressions, i);

		total += entry.total;
		if (entry.total)
			continue;
		text_add(&unused, unused.len ? ", " : "");
		page_add_clean(&unused, entry.name);
	}
	page_add_count(&line, total, "leak", "leaks");
	text_addf(&line, " suppressed, %u of them open", suppressions__open(suppressions));
	if (unused.len)
		text_addf(&line, "; unused entries: %s", text_str(&unused));
	page_line(page, &line, /* bold= */ false);
}

void text_foot(struct page *page)
{
	_cleanup_text_ struct text line = TEXT_INIT;

	if (page->summary->is_scan)
		page_look(page);
	else
		page_run(page);
	page_suppressed(page);
	if (text_foot_losses(page))
		return;
	text_add(&line, "Nothing was lost.");
	page_line(page, &line, /* bold= */ false);
}
