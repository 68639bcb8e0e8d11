/* SPDX-License-Identifier: BSD-2-Clause */
/* The stacks below the table of text_report.h, and what to install for their lines. */
#include <string.h>

#include "leaks/refusals.h"
#include "leaks/suppressions.h"
#include "leaks/tries.h"
#include "leaks/ways.h"
#include "lib/names.h"
#include "packages/hints.h"
#include "report/text/text_page.h"
#include "report/text/text_place.h"

static void page_frame(struct page *page, const struct frame *frame, unsigned int number)
{
	_cleanup_text_ struct text line = TEXT_INIT;

	text_addf(&line, "  #%-3u", number);
	if (page->layout->verbose)
		text_addf(&line, "0x%016llx ", (unsigned long long)frame->pc);
	page_add_stack_frame(&line, frame);
	page_line(page, &line, /* bold= */ false);
}

/* Why a stack of the site is not whole: what its entry says, of an open leak that it is of. */
static const char *why_truncated(const struct site *site, const struct stack *stack)
{
	const struct leak *leak = site->leaks;

	if (stack->source != STACK_CALL)
		return stack_end_phrase(stack->end);
	while (leak && leak->stack != stack)
		leak = leak->next;
	if (leak && leak->event.socket.flags & PENDING_SAMPLED_OUT)
		return "not kept, because this call had never leaked (--sample-after)";
	if (leak && leak->event.socket.flags & PENDING_SNAPSHOT)
		return "unknown: the process exited or called exec first";
	return "not kept";
}

/* How many frames behind that one, one after the other, are a recursion at the same place. */
static unsigned int count_repeats(const struct stack *stack, unsigned int of)
{
	unsigned int i = of + 1;

	while (i < stack->count && frame_same_place(&stack->frames[i], &stack->frames[of]))
		i++;
	return i - of - 1;
}

static void page_frames(struct page *page, const struct stack *stack, unsigned int count,
			const char *why_truncated)
{
	_cleanup_text_ struct text line = TEXT_INIT;

	for (unsigned int i = 0; i < count; i++) {
		unsigned int repeats = count_repeats(stack, i);

		page_frame(page, &stack->frames[i], i);
		if (repeats < REPEATS_SHORTENED)
			continue;
		i += repeats;
		page_repeats(page, repeats, i);
	}
	if (count == stack->count && !stack->truncated)
		return;
	text_addf(&line, "  ... and further out: %s",
		  count < stack->count ? "as in the first one" : why_truncated);
	page_line(page, &line, /* bold= */ false);
}

/* The advice for names of the code that has none here. */
static void page_jit_advice(struct page *page, const struct stack *stack, __u32 tgid)
{
	_cleanup_text_ struct text line = TEXT_INIT;

	if (stack->unnamed_jit == JIT_NONE)
		return;
	text_add(&line, "  ");
	jit_runtime_add_advice(&line, stack->unnamed_jit, (pid_t)tgid);
	page_line(page, &line, /* bold= */ false);
}

static void page_add_source(struct text *line, const struct stack *stack)
{
	if (stack_source_name(stack->source))
		text_addf(line, ", stack by %s:", stack_source_name(stack->source));
}

/* How many frames to print: outside of where a way meets the first one they are the same. */
static unsigned int frames_of_way(const struct ways *ways, unsigned int index)
{
	const struct stack *stack = ways->list[index].stack, *first = ways->list[0].stack;
	unsigned int own = stack->count, others = index ? first->count : 0;

	while (own > 1 && others && stack->truncated == first->truncated &&
	       frame_same_code(&stack->frames[own - 1], &first->frames[others - 1])) {
		own--;
		others--;
	}
	return own + 1 < stack->count ? own : stack->count; /* saying so takes a line, too */
}

void page_add_partial(struct text *line, const char *further_out)
{
	if (further_out)
		text_addf(line, " by the same call; further out: %s", further_out);
	else
		text_add(line, " by the same native functions; those of the script are not known");
}

/* The stacks that lead there: "7 of 20, stack by snapshot:", and the frames. */
static void page_ways(struct page *page, const struct site *site, const struct ways *ways)
{
	_cleanup_text_ struct text line = TEXT_INIT;

	for (unsigned int i = 0; i < ways->count; i++) {
		const struct way *way = &ways->list[i];

		text_addf(&line, " %u of %u", way->open, site->open);
		if (way->may_be_another) {
			page_add_partial(&line, way->stack->source == STACK_CALL ?
							why_truncated(site, way->stack) :
							NULL);
			page_line(page, &line, /* bold= */ false);
			continue;
		}
		page_add_source(&line, way->stack);
		page_line(page, &line, /* bold= */ false);
		page_frames(page, way->stack, frames_of_way(ways, i),
			    why_truncated(site, way->stack));
	}
	if (!ways->more)
		return;
	text_addf(&line, " %u of %u by %u more (--json has them)", ways->more_open, site->open,
		  ways->more);
	page_line(page, &line, /* bold= */ false);
}

/* "connect failed in open_session (libx.so) at session.c:210". */
static void page_add_try(struct text *line, const struct site *site, const struct tried *tried)
{
	struct program_name program = { "" };
	_cleanup_text_ struct text where = TEXT_INIT;

	place_add_culprit(&where, tried->stack, place_program(site->owner, site->name, &program));
	text_addf(line, "%s failed%s%s", failed_call_name(tried->call), where.len ? " in " : "",
		  text_str(&where));
}

/* Where calls on the sockets failed: the frames down to where the stack above has the others. */
static void page_tries(struct page *page, const struct site *site)
{
	_cleanup_text_ struct text line = TEXT_INIT;
	struct tries tries = tries_find(site);

	for (unsigned int i = 0; i < tries.count; i++) {
		const struct try_count *found = &tries.list[i];
		unsigned int apart = tries_frames_apart(found->tried.stack, found->made);
		bool is_cut = apart < found->tried.stack->count;

		text_addf(&line, " %u of %u: ", found->open, site->open);
		page_add_try(&line, site, &found->tried);
		page_line(page, &line, /* bold= */ false);
		for (unsigned int n = 0; n < apart; n++)
			page_frame(page, &found->tried.stack->frames[n], n);
		if (is_cut)
			text_add(&line, "  ... and further out: as above");
		else if (found->tried.stack->truncated)
			text_addf(&line, "  ... and further out: %s",
				  stack_end_phrase(found->tried.stack->end));
		if (line.len)
			page_line(page, &line, /* bold= */ false);
	}
	if (!tries.more_open)
		return;
	text_addf(&line, " %u of %u: failed elsewhere (--json has it)", tries.more_open,
		  site->open);
	page_line(page, &line, /* bold= */ false);
}

void page_stack(struct page *page, const struct site *site)
{
	_cleanup_text_ struct text line = TEXT_INIT;
	_cleanup_ways_ struct ways ways = { 0 };
	bool several;

	if (ways_find(site, WAYS_SHOWN, &ways))
		page->out->failed = true;
	several = ways.count > 1;
	page_line(page, &line, /* bold= */ false);
	text_add(&line, "Where ");
	page_add_clean(&line, site->name);
	text_add(&line, " creates them");
	if (site->id)
		text_addf(&line, " (site %016llx)", (unsigned long long)site->id);
	if (several && ways.distinct > 1)
		text_addf(&line, ", by %u ways:", ways.distinct);
	else if (several)
		text_add(&line, ":");
	else
		page_add_source(&line, site->stack);
	page_line(page, &line, /* bold= */ true);
	if (several)
		page_ways(page, site, &ways);
	else
		page_frames(page, site->stack, site->stack->count,
			    why_truncated(site, site->stack));
	if (page->layout->verbose)
		page_tries(page, site);
	page_jit_advice(page, site->stack, site->processes ? site->processes->tgid : 0);
}

static bool is_shown(const struct stack *stack, struct site *const *sites, long shown)
{
	for (long i = 0; i < shown; i++)
		if (sites[i]->id && sites[i]->id == stack->site)
			return true;
	return false;
}

void page_limit_stacks(struct page *page, struct site *const *sites, long shown)
{
	const struct summary *summary = page->summary;
	const struct limited *list[LIMITED_SHOWN];
	_cleanup_text_ struct text line = TEXT_INIT;
	size_t all = refusals__list(summary->refusals, summary->now_ns, 0, LIMITED_SHOWN, list);

	for (size_t i = 0; i < all && i < LIMITED_SHOWN; i++) {
		const struct stack *stack = list[i]->stack;

		if (!stack || is_shown(stack, sites, shown))
			continue;
		page_line(page, &line, /* bold= */ false);
		text_add(&line, "Where socket() failed in ");
		page_add_limited(&line, list[i]);
		if (stack_source_name(stack->source))
			text_addf(&line, ", stack by %s:", stack_source_name(stack->source));
		page_line(page, &line, /* bold= */ true);
		page_frames(page, stack, stack->count, "not kept");
		page_jit_advice(page, stack, list[i]->ended ? 0 : list[i]->key.tgid);
	}
}

void page_hints(struct page *page)
{
	_cleanup_text_ struct text hints = TEXT_INIT, line = TEXT_INIT;
	const char *rest, *end;

	if (!page->summary->hints)
		return;
	hints_add_text(&hints, page->summary->hints, page->layout->columns, page->layout->verbose);
	rest = text_str(&hints);
	if (*rest)
		page_line(page, &line, /* bold= */ false);
	for (; (end = strchr(rest, '\n')); rest = end + 1) {
		text_add_bytes(&line, rest, (size_t)(end - rest));
		page_line(page, &line, /* bold= */ false);
	}
}

void page_entries(struct page *page, struct site *const *sites, long count)
{
	_cleanup_text_ struct text entries = TEXT_INIT, line = TEXT_INIT;
	const char *rest, *end;

	suppressions_add_entries(&entries, sites, count);
	rest = text_str(&entries);
	if (!*rest)
		return;
	page_line(page, &line, /* bold= */ false);
	text_add(&line, "To suppress these, add to a --suppress file:");
	page_line(page, &line, /* bold= */ true);
	for (; (end = strchr(rest, '\n')); rest = end + 1) {
		text_add_bytes(&line, rest, (size_t)(end - rest));
		page_line(page, &line, /* bold= */ false);
	}
}
