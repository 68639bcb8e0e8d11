/* SPDX-License-Identifier: BSD-2-Clause */
#include "leaks/tries.h"

#include "leaks/leaks.h"
#include "stacks/site_id.h"

static __u64 tried_way(struct stack *stack)
{
	if (!stack->way)
		stack->way = site_way(stack);
	return stack->way;
}

static bool is_same_try(const struct tried *a, const struct tried *b)
{
	return a->call == b->call &&
	       (a->stack == b->stack || tried_way(a->stack) == tried_way(b->stack));
}

static void count_try(struct tries *tries, const struct leak *leak)
{
	for (unsigned int i = 0; i < tries->count; i++) {
		if (!is_same_try(&tries->list[i].tried, &leak->tried))
			continue;
		tries->list[i].open++;
		return;
	}
	if (tries->count == TRIES_SHOWN)
		tries->more_open++;
	else
		tries->list[tries->count++] = (struct try_count){ leak->tried, leak->stack, 1 };
}

struct tries tries_find(const struct site *site)
{
	struct tries tries = { 0 };

	for (const struct leak *leak = site->leaks; leak; leak = leak->next)
		if (leak->tried.stack && !leak->held_back)
			count_try(&tries, leak);
	return tries;
}

unsigned int tries_frames_apart(const struct stack *tried, const struct stack *made)
{
	unsigned int own = tried->count, others = made ? made->count : 0;

	while (own && others &&
	       frame_same_place(&tried->frames[own - 1], &made->frames[others - 1])) {
		own--;
		others--;
	}
	return own;
}
