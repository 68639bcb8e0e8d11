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

/* The whole ones come first. */
static int most_first(const struct counted_way *a, const struct counted_way *b)
{
	bool a_by_call = is_by_call(a->way.stack);

	if (a_by_call != is_by_call(b->way.stack))
		return a_by_call ? 1 : -1;
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
	HASH_SRT(hh, *all, most_first);
	return 0;
}

/* Does a whole way lead to the same call, as far as that one is known? */
static bool may_be_another(struct counted_way *all, const struct stack *stack)
{
	if (!is_by_call(stack))
		return false;
	for (const struct counted_way *way = all; way; way = way->hh.next)
		if (!is_by_call(way->way.stack) && begins_like(way->way.stack, stack))
			return true;
	return false;
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
	HASH_ITER(hh, all, way, next) {
		way->way.may_be_another = may_be_another(all, way->way.stack);
		ret_ways->distinct += !way->way.may_be_another;
	}
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
