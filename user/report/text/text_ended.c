/* SPDX-License-Identifier: BSD-2-Clause */
/* What a report says of sites whose sockets ended with their processes: ended.h. */
#include "lib/time.h"
#include "report/text/text_page.h"

bool page_is_ended(const struct site *site)
{
	return site->ended.sockets;
}

bool page_is_exited(const struct site *site)
{
	return page_is_ended(site) && !site->ended.grew;
}

/* "12s ago" */
static void add_ended_ago(struct text *line, const struct page *page, __u64 then_ns)
{
	page_add_age(line, page, then_ns);
	text_add(line, " ago");
}

void page_add_ended(struct text *line, const struct page *page, const struct site *site)
{
	text_addf(line, " leaked %llu %s and exited%s", (unsigned long long)site->ended.sockets,
		  site->ended.sockets == 1 ? "socket" : "sockets",
		  site->ended.processes > 1 ? ", the last " : " ");
	add_ended_ago(line, page, site->ended.ns);
}

void page_end(struct page *page, const struct site *site)
{
	_cleanup_text_ struct text line = TEXT_INIT;
	__u64 took_ns = site->ended.ns - site->oldest_ns;

	if (!page_is_ended(site))
		return;
	text_add(&line, TEXT_INDENT);
	text_add(&line, site->ended.processes > 1 ? "the last exited " : "exited ");
	add_ended_ago(&line, page, site->ended.ns);
	text_addf(&line, " with %s open", site->ended.sockets == 1 ? "it" : "them");
	if (site->oldest_ns && site->oldest_ns < site->ended.ns) {
		text_add(&line, ", ");
		duration_add(&line, took_ns);
		text_add(&line, site->ended.sockets == 1 ? " after it was created" :
							   " after the first was created");
	}
	page_line(page, &line, /* bold= */ false);
}
