/* SPDX-License-Identifier: BSD-2-Clause */
/* Processes whose descriptors climb by something else than leaked sockets: a line for each. */
#include <string.h>

#include "leaks/growth/climbs.h"
#include "report/text/text_page.h"
#include "report/text/text_place.h"

#define CLIMBERS_SHOWN 3 /* processes with a line of their own; -v shows all */

static void add_climber(struct text *line, const struct climber *climber)
{
	_cleanup_text_ struct text name = TEXT_INIT;

	text_add_bytes(&name, climber_name(climber),
		       strnlen(climber_name(climber), SOCKLEAK_COMM_LEN));
	page_add_clean(line, text_str(&name));
	text_addf(line, "[%u]", climber->process.tgid);
}

/* "; 64 are netlink in use", "; 30 are eventfd and 32 are pipe ends". */
static void add_kinds(struct text *line, const struct climber *climber)
{
	struct kind_growth kinds[KINDS_GROWN];
	bool sure;
	unsigned int count = climber_kinds(climber, kinds, &sure);

	for (unsigned int i = 0; i < count; i++) {
		text_add(line, !i ? "; " : i + 1 < count ? ", " : " and ");
		if (sure)
			text_addf(line, "%u %s %s", kinds[i].count,
				  kinds[i].count == 1 ? "is" : "are",
				  descriptor_kind_phrase(kinds[i].kind));
		else /* which of them are new is not known */
			text_addf(line, "most are %s (%u)", descriptor_kind_phrase(kinds[i].kind),
				  kinds[i].count);
	}
}

static void add_maker(struct text *line, const struct climber *climber)
{
	const char *exe = climber->owner ? climber->owner->exe : NULL;
	struct code_place place = culprit_find(climber_stack(climber), exe).where;
	struct program_name program;

	if (!place.frame)
		return;
	text_add(line, ", made in ");
	place_add(line, &place, place_program(climber->owner, climber_name(climber), &program),
		  NULL);
}

static void add_whose(struct text *line, const struct owner *owner)
{
	if (!owner)
		return;
	if (owner->workload.container[0]) {
		text_addf(line, ", container %.12s", owner->workload.container);
	} else if (owner->unit) {
		text_add(line, ", unit ");
		page_add_clean(line, owner->unit);
	}
}

static void add_climb(struct text *line, const struct climber *climber,
		      const struct summary *summary)
{
	double per_minute;

	add_climber(line, climber);
	text_addf(line, " descriptors %u -> %u", climber->climb.base, climber->climb.count);
	add_kinds(line, climber);
	if (climber_per_minute(climber, summary->now_ns, &per_minute)) {
		text_add(line, ", ");
		page_add_per_minute(line, per_minute);
		text_add(line, "/min");
	}
	add_maker(line, climber);
	add_whose(line, climber->owner);
}

bool page_has_climbs(const struct page *page)
{
	return climbs__list(page->summary->climbs, 0, NULL) > 0;
}

void page_climbs(struct page *page, bool is_answer)
{
	const struct climber *list[OPTIONS_MOST_CLIMBING];
	_cleanup_text_ struct text line = TEXT_INIT;
	size_t all = climbs__list(page->summary->climbs, OPTIONS_MOST_CLIMBING, list);
	size_t shown = page->layout->verbose || all < CLIMBERS_SHOWN ? all : CLIMBERS_SHOWN;

	for (size_t i = 0; i < shown; i++) {
		text_add(&line, is_answer ? "" : "Also: ");
		add_climb(&line, list[i], page->summary);
		page_line(page, &line, /* bold= */ is_answer);
	}
	if (shown == all)
		return;
	page_add_count(&line, all - shown, "more process climbs (-v lists it)",
		       "more processes climb (-v lists them)");
	page_line(page, &line, /* bold= */ false);
}
