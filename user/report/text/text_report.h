/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * text_report: the report that a person reads. Its first line is the answer, then
 * a table of sites, the stacks of the worst, and what the run saw and lost. Makes
 * text only; where it goes to is output.h's.
 */
#ifndef SOCKLEAK_TEXT_REPORT_H
#define SOCKLEAK_TEXT_REPORT_H

#include "leaks/leaks.h"
#include "leaks/refusals.h"
#include "lib/text.h"
#include "report/report.h"

struct text_layout {
	unsigned int columns; /* lines are wrapped there; 0 = never */
	unsigned int rows;    /* the whole is cut there; 0 = never */
	unsigned int top;     /* sites in the table */
	unsigned int stacks;  /* sites whose stack is shown */
	bool verbose;	      /* every address, every counter */
	bool bold;	      /* terminal escapes may be used */
	/*
	 * The state of a view that a person moves in; NULL and 0: the order of the report, and no
	 * selection.
	 */
	struct site *const *order; /* the sites of the table */
	long n_order;
	const struct site *selected; /* marked in the table */
	bool only_selected;	     /* it and its stack, in the place of the table */
};

/* Add the report. Out of memory shows in text_error(out). */
void text_report(struct text *out, struct leaks *leaks, const struct summary *summary,
		 const struct text_layout *layout);

/*
 * One line, without its end, for a log: who leaks, how many, since when, and where in
 * the code. Clean, of printable characters.
 */
void text_leaking(struct text *out, const struct site *site, const struct summary *summary);

/* The same of a process that is at its limit, or of the host, when that is at its own. */
void text_limit(struct text *out, const struct limited *limited, const struct summary *summary);

/* For a status: "app[42] is at its limit of 64 descriptors". False: nobody is now. */
bool text_limits_now(struct text *out, const struct summary *summary);

#endif /* SOCKLEAK_TEXT_REPORT_H */
