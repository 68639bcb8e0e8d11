/* SPDX-License-Identifier: BSD-2-Clause */
/* The process that fills a table: below the worst leak, if one is half full. */
#include "lib/names.h"
#include "options/options.h"
#include "report/text/text_page.h"

/* "the table of sockets is 62 % full: 1,280 of 2,048; user 54321 has 1,250, its process 42 640". */
static void add_fill(struct text *line, enum share_kind kind, const struct fill *fill, __u32 room)
{
	static const char *const options[SHARE_KINDS] = {
		[SHARE_SOCKETS] = "--max-sockets",
		[SHARE_SNAPSHOTS] = "--snapshots",
	};

	text_addf(line, "The table of %s is %u %% full: %d of %u. ", share_kind_name(kind),
		  (unsigned int)((__u64)fill->used * 100 / room), fill->used, room);
	if (fill->user == SHARE_OTHERS)
		text_addf(line, "The users beyond the first %d have most, %d",
			  SOCKLEAK_MAX_USERS - 1, fill->user_used);
	else
		text_addf(line, "User %u has most, %d", fill->user, fill->user_used);
	if (fill->process_used)
		text_addf(line, ", and of all processes %u, %d", fill->tgid, fill->process_used);
	text_add(line, ".");
	if (options[kind])
		text_addf(line, " %s makes room.", options[kind]);
}

void page_fills(struct page *page)
{
	const struct sweep_counts *counts = &page->summary->sweep_counts;

	for (int kind = 0; kind < SHARE_KINDS; kind++) {
		const struct fill *fill = &counts->fills[kind];
		_cleanup_text_ struct text line = TEXT_INIT;

		if (fill->used <= 0 || (__u64)fill->used * 2 < counts->room[kind])
			continue;
		add_fill(&line, (enum share_kind)kind, fill, counts->room[kind]);
		page_line(page, &line, /* bold= */ false);
	}
}
