/* SPDX-License-Identifier: BSD-2-Clause */
/* The stacks of a site in a stacks file: one that stands for all, and the most frequent ways. */
#include <errno.h>
#include <string.h>

#include "lib/json.h"
#include "lib/names.h"
#include "report/explain/stacks_file_private.h"
#include "report/text/text_page.h"
#include "report/text/text_place.h"

#define MAX_FRAME 1024 /* bytes of a frame's text */

void known_clear_ways(struct known_site *known)
{
	while (known->n_ways)
		stack_unref(known->ways[--known->n_ways].stack);
	known->more_ways = known->more_ways_open = 0;
	while (known->n_tries)
		stack_unref(known->tries[--known->n_tries].tried.stack);
}

static void merge_way(struct known_site *known, const struct way *way)
{
	for (unsigned int i = 0; i < known->n_ways; i++) {
		if (known->ways[i].stack->way != way->stack->way)
			continue;
		known->ways[i].open += way->open;
		known->ways[i].may_be_another &= way->may_be_another;
		return;
	}
	if (known->n_ways == WAYS_SHOWN) {
		known->more_ways++;
		known->more_ways_open += way->open;
		return;
	}
	known->ways[known->n_ways] = *way;
	stack_ref(known->ways[known->n_ways++].stack);
}

int known_add_ways(struct known_site *known, const struct site *site)
{
	_cleanup_ways_ struct ways ways = { 0 };
	int err = ways_find(site, WAYS_SHOWN, &ways);

	for (unsigned int i = 0; !err && i < ways.count; i++)
		merge_way(known, &ways.list[i]);
	known->more_ways += ways.more;
	known->more_ways_open += ways.more_open;
	return err;
}

void known_add_tries(struct known_site *known, const struct site *site)
{
	struct tries tries = tries_find(site);

	for (unsigned int i = 0; i < tries.count && known->n_tries < TRIES_SHOWN; i++) {
		const struct try_count *found = &tries.list[i];
		struct known_try *try = &known->tries[known->n_tries++];

		try->tried = found->tried;
		stack_ref(try->tried.stack);
		try->open = found->open;
		try->apart = tries_frames_apart(found->tried.stack, found->made);
	}
}

static void put_known_frame(struct json *json, const struct frame *frame)
{
	_cleanup_text_ struct text line = TEXT_INIT;

	page_add_stack_frame(&line, frame);
	json_bytes(json, NULL, text_str(&line), line.len < MAX_FRAME ? line.len : MAX_FRAME);
}

void known_put_stack(struct json *json, const struct stack *stack, pid_t tgid)
{
	_cleanup_text_ struct text advice = TEXT_INIT;

	json_begin_array(json, "stack");
	for (unsigned int i = 0; i < stack->count; i++)
		put_known_frame(json, &stack->frames[i]);
	json_end_array(json);
	json_string(json, "stack_source", stack_source_name(stack->source));
	json_bool(json, "stack_truncated", stack->truncated);
	json_string(json, "stack_end", stack_end_name(stack->end));
	jit_runtime_add_advice(&advice, stack->unnamed_jit, tgid);
	json_string(json, "unnamed_jit", advice.len ? text_str(&advice) : NULL);
}

/* One way is the stack itself. */
void known_put_ways(struct json *json, const struct known_site *known)
{
	pid_t tgid = site_holders_first(&known->holders);
	bool several = known->n_ways > 1;

	json_begin_array(json, "ways");
	for (unsigned int i = 0; several && i < known->n_ways; i++) {
		json_begin_object(json, NULL);
		json_u64(json, "open", known->ways[i].open);
		json_bool(json, "may_be_another", known->ways[i].may_be_another);
		known_put_stack(json, known->ways[i].stack, tgid);
		json_end_object(json);
	}
	json_end_array(json);
	json_u64(json, "more_ways", known->more_ways);
	json_u64(json, "more_ways_open", known->more_ways_open);
}

static void put_known_try(struct json *json, const struct known_try *try, const char *program,
			  pid_t tgid)
{
	_cleanup_text_ struct text where = TEXT_INIT;

	place_add_culprit(&where, try->tried.stack, program);
	json_begin_object(json, NULL);
	json_string(json, "call", failed_call_name(try->tried.call));
	json_string(json, "where", where.len ? text_str(&where) : NULL);
	json_u64(json, "open", try->open);
	json_u64(json, "frames_apart", try->apart);
	known_put_stack(json, try->tried.stack, tgid);
	json_end_object(json);
}

void known_put_tries(struct json *json, const struct known_site *known, const char *program)
{
	json_begin_array(json, "tries");
	for (unsigned int i = 0; i < known->n_tries; i++)
		put_known_try(json, &known->tries[i], program, site_holders_first(&known->holders));
	json_end_array(json);
}
