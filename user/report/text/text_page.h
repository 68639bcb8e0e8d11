/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * text_page: a report in the making, line by line, each wrapped at the columns
 * and all cut to the rows of its layout. For the parts of text_report.h alone.
 */
#ifndef SOCKLEAK_TEXT_PAGE_H
#define SOCKLEAK_TEXT_PAGE_H

#include "leaks/refusals.h"
#include "lib/text.h"
#include "report/report.h"
#include "report/text/text_report.h"

#define TEXT_WIDTH 80		/* of a report that is not for a screen */
#define TEXT_INDENT "         " /* what belongs to a row of the table stands below its pid */

struct page {
	struct text *out;
	const struct text_layout *layout;
	const struct summary *summary;
	unsigned int lines; /* so far */
	bool cuts;	    /* lines that are not bold are cut at the columns, not wrapped */
	bool is_cut;	    /* there were more lines than rows */
	size_t last;	    /* where the last line begins in `out` */
};

#define REPEATS_SHORTENED 3 /* a shorter recursion is shown frame by frame */

/* The width of a line: the columns, or TEXT_WIDTH. */
unsigned int page_width(const struct page *page);
/*
 * Add a line, made in `line`, which is empty afterwards. One that is wider than
 * the columns goes on in the next, at a word if it can; three lines at most. A line of which
 * something is left out ends in "...".
 */
void page_line(struct page *page, struct text *line, bool bold);
/* The page is complete: if it had more lines than rows, its last line says so. */
void page_end_rows(struct page *page);
/*
 * How much is known of a way that may be another (leaks/ways.h): the call, and why nothing beyond
 * it; NULL: all but the functions of the script.
 */
void page_add_partial(struct text *line, const char *further_out);
/* A line for the frames of a stack that are the same as the one above, up to number `last`. */
void page_repeats(struct page *page, unsigned int repeats, unsigned int last);
/* Add a string of another process. */
void page_add_clean(struct text *line, const char *string);
/* "1 leak", "2 leaks". */
void page_add_count(struct text *line, unsigned long long count, const char *one, const char *many);

/*
 * "SslSocket::SslSocket (libqpid.so.2, package qpid-1.35)", or the module and
 * offset; of a script "perform (app/workers/notify.rb:12)". The package may be NULL.
 */
void page_add_frame(struct text *line, const struct frame *frame, const char *package);
/* " at FILE:LINE"; without debug information " in FILE", if that tells functions of one name apart.
 */
void page_add_frame_source(struct text *line, const struct frame *frame);
/* The same in a stack: without the package, with the source line if it is known. */
void page_add_stack_frame(struct text *line, const struct frame *frame);

/* The stack of a site that has one, all frames. */
void page_stack(struct page *page, const struct site *site);
/*
 * The stacks of the calls that failed for want of a descriptor, but for those that are the
 * stack of one of the first `shown` sites.
 */
void page_limit_stacks(struct page *page, struct site *const *sites, long shown);
/* The commands that install debug information for missing source lines. */
void page_hints(struct page *page);

/* The entries for a --suppress file, one for each site. */
void page_entries(struct page *page, struct site *const *sites, long count);

/* The process of a site, "4242", or how many processes. */
void page_add_holder(struct text *line, const struct site *site);
/* Sockets more a minute: "+243", "+3.2", "+0.05"; "-" when it is not known. */
void page_add_rate(struct text *line, const struct site *site);
/* The same of a rate that is known. */
void page_add_per_minute(struct text *line, double per_minute);
/* How long ago that was; "-" when it is not known. */
void page_add_age(struct text *line, const struct page *page, __u64 since_ns);
/* The same of the site's oldest socket: ">8s" where it is older than the watch. */
void page_add_oldest(struct text *line, const struct page *page, const struct site *site);
/* "leaking", "ended", "idle", "new", "old" or "exited". */
const char *page_state(const struct site *site);

/* The process of a site that is the first to have no descriptor left; NULL: none in sight. */
const struct site_process *page_fullest(const struct site *site, double *ret_seconds);
/* The one that is nearest to its limit, also one that does not leak; NULL: not known of any. */
const struct site_process *page_most_full(const struct site *site);
/* "57 of 64 descriptors"; without a limit "57 descriptors". */
void page_add_fds(struct text *line, const struct forecast *fds);
/* A time of more than a year is printed as "years". */
#define PAGE_FAR_S (365.0 * 86400)
/* "EMFILE in 12m". */
void page_add_time_left(struct text *line, double seconds);

/* Is it one of leaks__ended()? And one that had not grown? */
bool page_is_ended(const struct site *site);
bool page_is_exited(const struct site *site);
/* " leaked 500 sockets and exited 12s ago". */
void page_add_ended(struct text *line, const struct page *page, const struct site *site);
/* When its processes exited: a line of the table, of a site that has ended alone. */
void page_end(struct page *page, const struct site *site);

#define LIMITED_SHOWN 3 /* processes at their limit with a line of their own */
/* "app[42]". */
void page_add_limited(struct text *line, const struct limited *limited);
/*
 * The processes that are or were at the limit of descriptors, before all else; nothing if there are
 * none. The sites are those of the report.
 */
void page_limits(struct page *page, struct site *const *sites, long count);

/* The tables that are half full or more, and who fills them. */
void page_fills(struct page *page);

/* Does something else climb than leaked sockets? And a line for each such process. */
bool page_has_climbs(const struct page *page);
void page_climbs(struct page *page, bool is_answer);

/* The processes that hold most descriptors, of a scan with --verbose. */
void page_most_descriptors(struct page *page);

/* ": 900 eventfd, 120 regular files": the kinds of most; nothing if there are none. */
void page_add_kinds(struct text *line, const __u32 by_kind[DESCRIPTOR_KINDS]);

/* The answer on one site: who, how many, how fast, and where in the code. */
void page_site_answer(struct page *page, const struct site *site);
/* The beginning of the report: the answer, and what else there is. */
void page_answer(struct page *page, struct site *const *sites, long count);
/* That of a scan. */
void page_scan(struct page *page, struct site *const *sites, long count);
/*
 * That of `run`, of the sites that count as leaked: page_left_sites(), which come first in the
 * order of leaks__sites(). And in the foot what is left.
 */
void page_left(struct page *page, struct site *const *sites, long count);
long page_left_sites(const struct page *page, struct site *const *sites, long count);
/* " left open and never connected"; with --leak-check growth some may have been closed just before.
 */
const char *page_left_how(const struct summary *summary);
void page_left_totals(struct page *page);
/* How much of what its process holds a row of a scan is, if not all. */
void page_share(struct page *page, const struct site *site);
/* Add the code to the answer's line if it fits, otherwise on a new line; "" = unknown. */
void page_answer_place(struct page *page, struct text *line, const struct text *place);

/* The end of the report: what the run saw, and what it lost. */
void text_foot(struct page *page);
/* A line for each thing that was lost; returns how many. */
unsigned int text_foot_losses(struct page *page);

#endif /* SOCKLEAK_TEXT_PAGE_H */
