/* SPDX-License-Identifier: BSD-2-Clause */
#include "report/pprof/folded.h"

#include <errno.h>
#include <string.h>

#include "report/pprof/distinct.h"
#include "report/pprof/pprof.h"
#include "report/pprof/profile_frames.h"

/* The text behind `begin` is one name. */
static void end_name(struct text *line, size_t begin)
{
	for (size_t i = begin; i < line->len; i++)
		if (line->data[i] == ';')
			line->data[i] = ':';
}

static void add_stack(struct text *line, const struct stack *stack)
{
	for (unsigned int i = stack->count, first = profile_first_frame(stack); i-- > first;) {
		size_t begin;

		text_add(line, ";");
		begin = line->len;
		profile_name_frame(line, &stack->frames[i]);
		end_name(line, begin);
	}
}

static int add_folded_leak(struct distinct *lines, const struct leak *leak)
{
	_cleanup_text_ struct text line = TEXT_INIT;
	const char *comm = leak->event.comm;
	struct distinct_item *item;

	text_add_clean(&line, *comm ? comm : "?", *comm ? SOCKLEAK_COMM_LEN : 1);
	end_name(&line, 0);
	if (leak->stack && leak->stack->count)
		add_stack(&line, leak->stack);
	else
		text_addf(&line, ";%s",
			  profile_no_stack(!(leak->event.socket.flags & PENDING_ORIGIN_UNKNOWN)));
	if (text_error(&line))
		return -ENOMEM;
	item = distinct_get(lines, line.data, line.len);
	if (!item)
		return -ENOMEM;
	item->sums[0]++;
	return 0;
}

static int fold_all(struct distinct *lines, struct leaks *leaks, const struct summary *summary)
{
	struct site *const *sites;
	long count = leaks__sites(leaks, &sites);

	if (count < 0)
		return -ENOMEM;
	for (long i = 0; i < count; i++) {
		if (!pprof_has_site(sites[i], summary))
			continue;
		for (const struct leak *leak = sites[i]->leaks; leak; leak = leak->next)
			if (!leak->held_back && add_folded_leak(lines, leak))
				return -ENOMEM;
	}
	return 0;
}

/* In the order of their bytes, so that two files can be compared line by line. */
static int by_bytes(const struct distinct_item *a, const struct distinct_item *b)
{
	int difference = memcmp(a->bytes, b->bytes, a->len < b->len ? a->len : b->len);

	return difference ?: (a->len > b->len) - (a->len < b->len);
}

int folded_add(struct text *out, struct leaks *leaks, const struct summary *summary)
{
	struct distinct lines = { 0 };
	int err = fold_all(&lines, leaks, summary);

	HASH_SRT(hh, lines.items, by_bytes);
	for (const struct distinct_item *item = lines.items; item && !err; item = item->hh.next) {
		text_add_bytes(out, item->bytes, item->len);
		text_addf(out, " %lld\n", (long long)item->sums[0]);
	}
	distinct_clear(&lines);
	return err ?: text_error(out);
}
