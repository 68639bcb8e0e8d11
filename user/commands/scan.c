/* SPDX-License-Identifier: BSD-2-Clause */
#include "commands/scan.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "commands/most_descriptors.h"
#include "commands/progress.h"
#include "kernel/history.h"
#include "kernel/scanner.h"
#include "leaks/leaks.h"
#include "leaks/suppressions.h"
#include "lib/log.h"
#include "lib/signals.h"
#include "lib/time.h"
#include "watch/attribution/attribution.h"
#include "watch/descriptors.h"

/*
 * A socket on its way from socket() to connect() is not a leak. A socket that is younger
 * than this, or whose age is unknown, must still be there when it is read a second time,
 * this much later.
 */
#define SECOND_LOOK_NS (20 * NSEC_PER_MSEC)

/* Up to this many processes are read again one by one; if there are more, all processes are. */
#define MAX_LOOKED_AT 64

/* The descriptors of unconnected sockets, from one walk. */
struct records {
	struct event *items;
	size_t count, room;
};

struct scan {
	const struct options *options;
	struct output *output;
	struct past past;
	struct scanner *scanner;
	struct attribution *attribution;
	struct leaks *leaks;
	struct suppressions *suppressions; /* NULL = nothing is */
	unsigned int stacks;		   /* how many were looked up */
	struct progress progress;
	struct summary summary;
	bool missed; /* a name in the options matches nothing */
};

static void on_scan_change(const struct leak *leak, enum leaks_change change, void *ctx)
{
	(void)leak, (void)change,
		(void)ctx; /* the report at the end has all of them, with all their holders */
}

/* Without this, a mistyped name would look like good news. */
static void log_missing(struct scan *scan, const struct scope *scope)
{
	_cleanup_text_ struct text lines = TEXT_INIT;

	scan->missed = scope__missing(scope, &lines) > 0;
	log_notice_lines(text_str(&lines));
}

/* The names exist, but no process matches. */
static void log_nothing_watched(struct scan *scan)
{
	const struct options *options = scan->options;

	scan->summary.nothing_watched =
		options_limit(options) && !scanner__processes(scan->scanner);
	if (!scan->summary.nothing_watched || scan->missed)
		return;
	scan->missed = true;
	if (!options->json && isatty(STDOUT_FILENO) && isatty(STDERR_FILENO))
		return; /* the report on the same screen says so */
	log_notice("nothing was scanned: no process matches the options%s",
		   options->comm ? " ('ps -e -o pid,comm' has the names)" : "");
}

static int aim(struct scan *scan, struct scope *scope, struct text *ret_error)
{
	const struct ruled_cgroup *ruled;
	size_t count;
	int err;

	if (!options_rule_cgroups(scan->options))
		return 0;
	ruled = scope__find(scope, clock_now(CLOCK_BOOTTIME), &count);
	scan->summary.cgroups_left_out = scope__left_out(scope);
	log_missing(scan, scope);
	err = scanner__rule_cgroups(scan->scanner, ruled, count);
	if (err)
		text_addf(ret_error, "cannot scan %zu cgroups: %s", count, strerror(-err));
	return err;
}

static int open_past(struct scan *scan, struct text *ret_error)
{
	const struct options *options = scan->options;
	int err = past_open(options->history, &scan->past);

	if (err == -EPERM && !options->history) {
		log_note("no ages and stacks: reading them from a running sockleak needs "
			 "CAP_SYS_ADMIN");
		return 0;
	}
	if (err == -EPERM)
		text_addf(ret_error, "--history %u: needs CAP_SYS_ADMIN", options->history);
	else if (err && options->history)
		text_addf(ret_error, "--history %u: not a running sockleak of this version",
			  options->history);
	else
		return 0;
	return err == -EPERM ? err : -EINVAL;
}

int scan__new(const struct options *options, struct output *output, struct scope *scope,
	      struct scan **ret_scan, struct text *ret_error)
{
	struct scan *scan = calloc(1, sizeof(*scan));
	int err;

	if (!scan)
		return -ENOMEM;
	scan->options = options;
	scan->output = output;
	scan->progress = progress_begin(!options->quiet);
	scan->leaks = leaks__new(options_classes(options), UINT64_MAX / 2, on_scan_change,
				 /* ctx= */ NULL);
	err = open_past(scan, ret_error);
	if (!err)
		err = attribution__new(options->debuginfod, &scan->attribution, ret_error);
	if (!err && options->suppress)
		err = suppressions__load(options->suppress, &scan->suppressions, ret_error);
	scan->summary.suppressions = scan->suppressions;
	if (!err && !scan->leaks)
		err = -ENOMEM;
	if (!err)
		err = scanner__open(options, &scan->past, &scan->scanner, ret_error);
	if (!err)
		err = aim(scan, scope, ret_error);
	if (err) {
		scan__free(scan);
		return err;
	}
	leaks__group_by_process(scan->leaks);
	/* A scan does not know growth: sockets that may be in use are either shown or not. */
	leaks__tune(scan->leaks, options->verbose || options->json ? 0 : UINT_MAX, 1);
	*ret_scan = scan;
	return 0;
}

void scan__free(struct scan *scan)
{
	if (!scan)
		return;
	leaks__free(scan->leaks);
	attribution__free(scan->attribution);
	suppressions__free(scan->suppressions);
	scanner__free(scan->scanner);
	past_close(&scan->past);
	free(scan);
}

/* ---- Looking ---- */

struct look {
	struct scan *scan;
	struct records *records;
};

static int on_scanned(const struct event *record, void *ctx)
{
	struct records *records = ((struct look *)ctx)->records;

	if (records->count == records->room) {
		size_t room = records->room ? 2 * records->room : 256;
		struct event *items = realloc(records->items, room * sizeof(*items));

		if (!items)
			return -ENOMEM;
		records->items = items;
		records->room = room;
	}
	records->items[records->count++] = *record;
	return signals_stop_asked() ? -EINTR : 0;
}

static void on_progress(__u64 files, void *ctx)
{
	progress_files(&((struct look *)ctx)->scan->progress, files);
}

static int look_at_host(struct scan *scan, struct records *records)
{
	struct summary *summary = &scan->summary;
	struct look ctx = { scan, records };
	__u64 begun_ns = clock_now(CLOCK_BOOTTIME), files = 0;
	int err = scanner__look(scan->scanner, on_scanned, on_progress, &ctx, &files);

	summary->sweeps++;
	summary->sweep_counts.full_sweeps++;
	summary->sweep_ns += clock_now(CLOCK_BOOTTIME) - begun_ns;
	summary->counters[COUNTER_FILES_SWEPT] = files;
	return err;
}

static bool is_older_than(const struct event *record, __u64 age_ns)
{
	return record->socket.since_ns && record->socket.since_ns + age_ns <= record->now_ns;
}

/* If the age is unknown, the socket may be old, and counts as old enough. */
static bool is_old_enough(const struct scan *scan, const struct event *record)
{
	return record->socket.flags & PENDING_ORIGIN_UNKNOWN ||
	       is_older_than(record, scan->options->older_than_ns);
}

/* The event of a record, with everything that is known about it. */
static int by_descriptor(const void *a, const void *b)
{
	const struct event *x = a, *y = b;

	if (x->socket.inode != y->socket.inode)
		return x->socket.inode < y->socket.inode ? -1 : 1;
	if (x->tgid != y->tgid)
		return x->tgid < y->tgid ? -1 : 1;
	return x->fd < y->fd ? -1 : x->fd > y->fd;
}

/* The same; among the records of one socket, the process that created it comes first. */
static int by_socket(const void *a, const void *b)
{
	const struct event *x = a, *y = b;

	if (x->socket.inode != y->socket.inode)
		return x->socket.inode < y->socket.inode ? -1 : 1;
	if ((x->tgid == x->socket.tgid) != (y->tgid == y->socket.tgid))
		return x->tgid == x->socket.tgid ? -1 : 1;
	return by_descriptor(a, b);
}

static void sort(struct records *records, int (*compare)(const void *, const void *))
{
	if (records->count)
		qsort(records->items, records->count, sizeof(*records->items), compare);
}

/* The processes with a socket that may be about to connect; sorted by inode. */
static unsigned int unsure_processes(const struct records *records, __u32 ret_tgids[MAX_LOOKED_AT])
{
	unsigned int count = 0, k;

	for (size_t i = 0; i < records->count; i++) {
		const struct event *record = &records->items[i];

		if (is_older_than(record, SECOND_LOOK_NS))
			continue;
		for (k = 0; k < count && ret_tgids[k] != record->tgid; k++)
			;
		if (k < count)
			continue;
		if (count == MAX_LOOKED_AT)
			return count + 1;
		ret_tgids[count++] = record->tgid;
	}
	return count;
}

/*
 * Reads only a few processes again if the kernel allows it, because the rest of the host
 * has hardly changed.
 */
static int look_again(struct scan *scan, const __u32 *tgids, unsigned int count,
		      struct records *records)
{
	struct look ctx = { scan, records };
	int err = count > MAX_LOOKED_AT ? -E2BIG : 0;

	for (unsigned int i = 0; i < count && !err; i++)
		err = scanner__look_at(scan->scanner, tgids[i], on_scanned, &ctx);
	if (!err || err == -EINTR)
		return err;
	records->count = 0;
	return look_at_host(scan, records);
}

/* Keep sockets that may be about to connect only if the second walk saw them too. */
static void keep_seen(struct records *first, const struct records *second)
{
	size_t kept = 0;

	for (size_t i = 0; i < first->count; i++)
		if (is_older_than(&first->items[i], SECOND_LOOK_NS) ||
		    (second->count && bsearch(&first->items[i], second->items, second->count,
					      sizeof(*second->items), by_descriptor)))
			first->items[kept++] = first->items[i];
	first->count = kept;
}

/*
 * Walk the host. If some sockets were created just now, or may have been, check a moment
 * later whether they are still there.
 */
static int find_sockets(struct scan *scan, struct records *ret_records)
{
	struct records second = { 0 };
	__u32 tgids[MAX_LOOKED_AT];
	unsigned int unsure;
	int err = look_at_host(scan, ret_records);

	sort(ret_records, by_socket);
	unsure = unsure_processes(ret_records, tgids);
	if (!err && unsure) {
		usleep(SECOND_LOOK_NS / 1000);
		err = look_again(scan, tgids, unsure, &second);
		sort(&second, by_descriptor);
		keep_seen(ret_records, &second);
		free(second.items);
	}
	return err;
}

/* ---- Owners and stacks ---- */

static bool find_past_key(void *ctx, const struct pending *socket, __u64 *ret_key)
{
	struct reported reported;

	if (!past_reported(&((struct scan *)ctx)->past, socket, &reported))
		return false;
	*ret_key = reported.stack;
	return true;
}

static bool find_past_stack(void *ctx, __u64 key, struct reported_stack *ret_stack)
{
	struct scan *scan = ctx;

	progress_stacks(&scan->progress, scan->stacks++);
	return past_stack(&scan->past, key, ret_stack);
}

/* If the running sockleak has not reported it, it is too young there to be a leak. */
static void read_past(void *ctx, const struct pending *socket, struct raw_stack *ret_raw)
{
	struct scan *scan = ctx;

	if (!scan->past.tgid || socket->flags & PENDING_ORIGIN_UNKNOWN)
		return;
	progress_stacks(&scan->progress, scan->stacks++);
	ret_raw->snapshot = past_snapshot(&scan->past, socket);
	ret_raw->count = past_pcs(&scan->past, socket, ret_raw->pcs);
}

static int open_found_leak(struct scan *scan, const struct event *record)
{
	struct stack_evidence evidence = { scan,      find_past_key, find_past_stack,
					   read_past, NULL,	     NULL };
	struct event event = *record;
	struct reported reported;
	_cleanup_attributed_ struct attributed attributed = { .event = &event };
	int err;

	/* A scan sees no growth. Where the sockleak that runs has seen it, the socket is a leak. */
	if (event.maybe_in_use && past_reported(&scan->past, &event.socket, &reported) &&
	    reported.is_shown)
		event.maybe_in_use = 0;
	err = attribution__find(scan->attribution, &evidence, &attributed);
	if (err)
		return err;
	if (suppressions__take(scan->suppressions, &event, attributed.owner, attributed.stack))
		return 0;
	return leaks__apply(scan->leaks, &event, attributed.owner, attributed.stack);
}

/* `known` is the record that opened the socket's account; NULL when this record opens it. */
static int account_record(struct scan *scan, const struct event *record, const struct event *known)
{
	struct event event = *record;

	if (!known)
		return open_found_leak(scan, record);
	event.kind = EVENT_HELD;
	event.socket = known->socket; /* the record of this descriptor may have less */
	return leaks__apply(scan->leaks, &event, /* owner= */ NULL, /* stack= */ NULL);
}

/* The records are sorted by socket: the first one opens the account, the others add holders. */
static void account_all(struct scan *scan, const struct records *records)
{
	const struct event *first = NULL;

	past_expect(&scan->past, records->count);
	for (size_t i = 0; i < records->count && !signals_stop_asked(); i++) {
		const struct event *record = &records->items[i];

		if (first && first->socket.inode != record->socket.inode)
			first = NULL;
		if (is_old_enough(scan, first ?: record) && account_record(scan, record, first))
			scan->summary.leaks_not_accounted++;
		first = first ?: record;
	}
}

/* ---- The report ---- */

static void show_leak(struct scan *scan, const struct leak *leak)
{
	scan->summary.shown++;
	scan->summary.recalled += !(leak->event.socket.flags & PENDING_ORIGIN_UNKNOWN);
	output__leak(scan->output, leak, LEAKS_OPENED, &scan->summary);
}

static unsigned int report_scan(struct scan *scan)
{
	struct summary *summary = &scan->summary;
	struct site *const *sites;
	long count;

	summary->now_ns = clock_now(CLOCK_BOOTTIME);
	leaks__tick(scan->leaks, summary->now_ns);
	leaks__add_up(scan->leaks);
	count = leaks__sites(scan->leaks, &sites);
	summary->leaks = leaks__totals(scan->leaks);
	descriptors_look(sites, count, summary->now_ns);
	for (long i = 0; i < count; i++)
		if (sites[i]->maybe_in_use)
			summary->uncertain += sites[i]->open;
	summary->hints = attribution__hints(scan->attribution, sites, count);
	attribution__summarize(scan->attribution, summary);
	progress_end(&scan->progress);
	output__collect(scan->output);
	for (long i = 0; i < count; i++)
		for (const struct leak *leak = sites[i]->leaks; leak; leak = leak->next)
			if (!leak->held_back)
				show_leak(scan, leak);
	output__report(scan->output, scan->leaks, summary);
	return summary->leaks.open - (unsigned int)summary->uncertain;
}

int scan__run(struct scan *scan, unsigned int *ret_matches)
{
	struct summary *summary = &scan->summary;
	_cleanup_text_ struct text why = TEXT_INIT;
	struct records records = { 0 };
	int err;

	summary->is_scan = true;
	summary->older_than_ns = scan->options->older_than_ns;
	summary->max_ways = scan->options->max_ways;
	summary->history_tgid = scan->past.tgid;
	summary->history_begun_ns = scan->past.begun_ns;
	summary->history_is_partial = scan->past.is_partial;
	summary->started_ns = clock_now(CLOCK_BOOTTIME);
	summary->wall_offset_ns = clock_wall_offset();
	err = find_sockets(scan, &records);
	if (err) {
		progress_end(&scan->progress);
		free(records.items);
		return err == -EINTR ? log_error(err, "interrupted") :
				       log_error(err, "cannot read the fd tables completely: %s",
						 strerror(-err));
	}
	log_nothing_watched(scan);
	if (scanner__descriptors(scan->scanner) &&
	    most_descriptors_find(scanner__descriptors(scan->scanner), summary))
		summary->counts_failed++;
	account_all(scan, &records);
	free(records.items);
	*ret_matches = report_scan(scan);
	err = output__close(scan->output);
	if (err && output__add_error(scan->output, &why))
		log_error(err, "%s", text_str(&why));
	return err;
}

bool scan__missed(const struct scan *scan)
{
	return scan->missed;
}
