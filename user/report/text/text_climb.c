/* SPDX-License-Identifier: BSD-2-Clause */
/* Processes whose descriptors climb by something else than leaked sockets: a line for each. */
#include <string.h>

#include "leaks/growth/climbs.h"
#include "report/text/text_page.h"
#include "report/text/text_place.h"

#define KINDS_SHOWN 3	 /* of a process that holds most */
#define CLIMBERS_SHOWN 3 /* processes with a line of their own; -v shows all */

/* "app[42]"; the name may end without a NUL. */
static void add_process(struct text *line, const char *name, __u32 tgid)
{
	_cleanup_text_ struct text whole = TEXT_INIT;

	text_add_bytes(&whole, name, strnlen(name, SOCKLEAK_COMM_LEN));
	page_add_clean(line, text_str(&whole));
	text_addf(line, "[%u]", tgid);
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

	add_process(line, climber_name(climber), climber->process.tgid);
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
	const struct climber *first[1];

	return climbs__list(page->summary->climbs, 1, first) > 0;
}

static bool names_agree(const char *a, const char *b)
{
	return a && b ? !strcmp(a, b) : a == b;
}

/* Named workers of one service, that climb by the same: one of them stands for all. */
static bool climb_alike(const struct climber *a, const struct climber *b)
{
	struct kind_growth a_kinds[KINDS_GROWN], b_kinds[KINDS_GROWN];
	bool sure;

	if (!a->owner || !b->owner || !climber_name(a)[0] ||
	    strncmp(climber_name(a), climber_name(b), SOCKLEAK_COMM_LEN) != 0 ||
	    !names_agree(a->owner->unit, b->owner->unit) ||
	    !names_agree(a->owner->cgroup, b->owner->cgroup))
		return false;
	return climber_kinds(a, a_kinds, &sure) && climber_kinds(b, b_kinds, &sure) &&
	       a_kinds[0].kind == b_kinds[0].kind;
}

/* Is there one like it before it? And how many behind it? */
static bool has_one_before(const struct climber *const *list, size_t at)
{
	for (size_t i = 0; i < at; i++)
		if (climb_alike(list[i], list[at]))
			return true;
	return false;
}

static unsigned int count_alike(const struct climber *const *list, size_t count, size_t at)
{
	unsigned int alike = 0;

	for (size_t i = at + 1; i < count; i++)
		alike += climb_alike(list[at], list[i]);
	return alike;
}

/* The sum of processes that climb alike. */
struct climb_sum {
	unsigned int processes;
	unsigned long long base, count, of_kind;
	double per_minute; /* of those whose rate is known */
};

static struct climb_sum add_up_alike(const struct climber *const *list, size_t count, size_t at,
				     enum descriptor_kind kind, __u64 now_ns)
{
	struct climb_sum sum = { 0 };
	double per_minute;

	for (size_t i = at; i < count; i++) {
		if (i != at && !climb_alike(list[at], list[i]))
			continue;
		sum.processes++;
		sum.base += list[i]->climb.base;
		sum.count += list[i]->climb.count;
		sum.of_kind += list[i]->by_kind[kind];
		if (climber_per_minute(list[i], now_ns, &per_minute))
			sum.per_minute += per_minute;
	}
	return sum;
}

/* "worker[42] and 3 more of unit web.service climb together, descriptors 20 -> 480; ...". */
static void add_together(struct text *line, const struct climber *const *list, size_t count,
			 size_t at, const struct summary *summary)
{
	struct kind_growth kinds[KINDS_GROWN];
	struct climb_sum sum;
	bool sure;

	climber_kinds(list[at], kinds, &sure); /* there is one: climb_alike() */
	sum = add_up_alike(list, count, at, kinds[0].kind, summary->now_ns);
	add_process(line, climber_name(list[at]), list[at]->process.tgid);
	text_addf(line, " and %u more", sum.processes - 1);
	add_whose(line, list[at]->owner);
	text_addf(line, ", climb together: descriptors %llu -> %llu; ", sum.base, sum.count);
	if (sure)
		text_addf(line, "%llu are %s", sum.of_kind, descriptor_kind_phrase(kinds[0].kind));
	else
		text_addf(line, "most are %s (%llu)", descriptor_kind_phrase(kinds[0].kind),
			  sum.of_kind);
	if (sum.per_minute > 0) {
		text_add(line, ", ");
		page_add_per_minute(line, sum.per_minute);
		text_add(line, "/min");
	}
	add_maker(line, list[at]);
}

void page_climbs(struct page *page, bool is_answer)
{
	const struct climber *list[OPTIONS_MOST_CLIMBING];
	_cleanup_text_ struct text line = TEXT_INIT;
	size_t all = climbs__list(page->summary->climbs, OPTIONS_MOST_CLIMBING, list);
	size_t shown = 0, named = 0;
	unsigned int alike;

	for (size_t i = 0; i < all && (page->layout->verbose || shown < CLIMBERS_SHOWN); i++) {
		if (!page->layout->verbose && has_one_before(list, i))
			continue;
		alike = page->layout->verbose ? 0 : count_alike(list, all, i);
		text_add(&line, is_answer ? "" : "Also: ");
		if (alike)
			add_together(&line, list, all, i, page->summary);
		else
			add_climb(&line, list[i], page->summary);
		page_line(page, &line, /* bold= */ is_answer);
		shown++;
		named += 1 + alike;
	}
	if (named == all)
		return;
	page_add_count(&line, all - named, "more process climbs (-v lists it)",
		       "more processes climb (-v lists them)");
	page_line(page, &line, /* bold= */ false);
}

/* The kind of most descriptors behind another one; DESCRIPTOR_KINDS = there is none. */
static int next_kind(const __u32 by_kind[DESCRIPTOR_KINDS], int before)
{
	int next = DESCRIPTOR_KINDS;

	for (int kind = 0; kind < DESCRIPTOR_KINDS; kind++) {
		bool is_behind = before < 0 || by_kind[kind] < by_kind[before] ||
				 (by_kind[kind] == by_kind[before] && kind > before);

		if (is_behind && by_kind[kind] &&
		    (next == DESCRIPTOR_KINDS || by_kind[kind] > by_kind[next]))
			next = kind;
	}
	return next;
}

void page_add_kinds(struct text *line, const __u32 by_kind[DESCRIPTOR_KINDS])
{
	int kind = -1;

	for (int shown = 0; shown < KINDS_SHOWN; shown++) {
		kind = next_kind(by_kind, kind);
		if (kind == DESCRIPTOR_KINDS)
			return;
		text_addf(line, "%s%u %s", shown ? ", " : ": ", by_kind[kind],
			  descriptor_kind_phrase(kind));
	}
}

void page_most_descriptors(struct page *page)
{
	const struct summary *summary = page->summary;
	_cleanup_text_ struct text line = TEXT_INIT;

	for (unsigned int i = 0; i < summary->n_most; i++) {
		const struct most_descriptors *most = &summary->most[i];

		add_process(&line, most->process.comm, most->process.tgid);
		text_addf(&line, " has %u descriptors", most->process.count);
		page_add_kinds(&line, most->by_kind);
		page_line(page, &line, /* bold= */ false);
	}
}
