/* SPDX-License-Identifier: BSD-2-Clause */
#include "leaks/ways.h"

#include <errno.h>
#include <stdlib.h>

#include "stacks/site_id.h"

/* One that is being counted. */
struct counted_way {
	__u64 id;
	struct way way;
	UT_hash_handle hh;
};

static struct counted_way *find_way(struct counted_way **all, struct stack *stack)
{
	struct counted_way *way;

	if (!stack->way)
		stack->way = site_way(stack);
	HASH_FIND(hh, *all, &stack->way, sizeof(stack->way), way);
	if (way)
		return way;
	way = calloc(1, sizeof(*way));
	if (!way)
		return NULL;
	way->id = stack->way;
	way->way.stack = stack;
	HASH_ADD(hh, *all, id, sizeof(way->id), way);
	if (way->hh.tbl)
		return way;
	free(way);
	return NULL;
}

/* Nothing but the call was kept of it. */
static bool is_by_call(const struct stack *stack)
{
	return stack->source == STACK_CALL && stack->truncated;
}

static bool begins_like(const struct stack *whole, const struct stack *part)
{
	unsigned int i = 0;

	while (i < part->count && i < whole->count &&
	       frame_same_code(&part->frames[i], &whole->frames[i]))
		i++;
	return i == part->count;
}

/* Is `part` what `whole` is without the functions of its script? */
static bool lacks_scripts(const struct stack *whole, const struct stack *part)
{
	unsigned int native = 0;

	if (whole->count <= part->count || whole->truncated != part->truncated)
		return false;
	for (unsigned int i = 0; i < whole->count; i++) {
		if (whole->frames[i].script)
			continue;
		if (native == part->count ||
		    !frame_same_code(&whole->frames[i], &part->frames[native]))
			return false;
		native++;
	}
	return native == part->count;
}

static bool is_partial(const struct way *way)
{
	return way->may_be_another || is_by_call(way->stack);
}

/* The whole ones come first. */
static int most_first(const struct counted_way *a, const struct counted_way *b)
{
	bool a_partial = is_partial(&a->way);

	if (a_partial != is_partial(&b->way))
		return a_partial ? 1 : -1;
	if (a->way.open != b->way.open)
		return a->way.open < b->way.open ? 1 : -1;
	return a->id < b->id ? -1 : a->id > b->id;
}

static int count_ways(const struct site *site, struct counted_way **all)
{
	for (const struct leak *leak = site->leaks; leak; leak = leak->next) {
		struct counted_way *way;

		if (!leak->stack || leak->held_back)
			continue;
		way = find_way(all, leak->stack);
		if (!way)
			return -ENOMEM;
		way->way.open++;
	}
	return 0;
}

static bool have_scripts(const struct counted_way *all)
{
	for (const struct counted_way *way = all; way; way = way->hh.next)
		if (stack_names_scripts(way->way.stack))
			return true;
	return false;
}

/* Is a whole way the same, as far as this one is known? */
static bool may_be_another(const struct counted_way *all, const struct stack *stack)
{
	bool by_call = is_by_call(stack);

	for (const struct counted_way *way = all; way; way = way->hh.next) {
		const struct stack *whole = way->way.stack;

		if (by_call ? !is_by_call(whole) && begins_like(whole, stack) :
			      lacks_scripts(whole, stack))
			return true;
	}
	return false;
}

static void sort_ways(struct counted_way **all)
{
	bool scripts = have_scripts(*all);

	for (struct counted_way *way = *all; way; way = way->hh.next)
		way->way.may_be_another = (scripts || is_by_call(way->way.stack)) &&
					  may_be_another(*all, way->way.stack);
	HASH_SRT(hh, *all, most_first);
}

static void keep_way(struct ways *ways, const struct way *way, unsigned int max)
{
	if (ways->count < max) {
		ways->list[ways->count++] = *way;
	} else {
		ways->more++;
		ways->more_open += way->open;
	}
}

int ways_find(const struct site *site, unsigned int max, struct ways *ret_ways)
{
	struct counted_way *all = NULL, *way, *next;
	int err = count_ways(site, &all);

	*ret_ways = (struct ways){ .list = calloc(max ?: 1, sizeof(struct way)) };
	if (!ret_ways->list)
		err = -ENOMEM;
	sort_ways(&all);
	HASH_ITER(hh, all, way, next)
		ret_ways->distinct += !way->way.may_be_another;
	HASH_ITER(hh, all, way, next) {
		if (!err)
			keep_way(ret_ways, &way->way, max);
		HASH_DEL(all, way);
		free(way);
	}
	return err;
}

void ways_clear(struct ways *ways)
{
	free(ways->list);
	*ways = (struct ways){ 0 };
}
