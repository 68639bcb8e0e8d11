/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * text_page: a report in the making, line by line, each cut to the columns and
 * all to the rows of its layout. For the parts of text_report.h alone.
 */
#ifndef SOCKLEAK_TEXT_PAGE_H
#define SOCKLEAK_TEXT_PAGE_H

#include "report.h"
#include "text.h"
#include "text_report.h"

struct page {
	struct text *out;
	const struct text_layout *layout;
	const struct summary *summary;
	unsigned int lines; /* so far */
};

/* Add a line, made in `line`, which is empty afterwards. */
void page_line(struct page *page, struct text *line, bool bold);
/* Add a string of another process. */
void page_add_clean(struct text *line, const char *string);
/* "1 leak", "2 leaks". */
void page_add_count(struct text *line, unsigned long long count, const char *one,
		    const char *many);

/* The end of the report: what the run saw, and what it lost. */
void text_foot(struct page *page);

#endif /* SOCKLEAK_TEXT_PAGE_H */
