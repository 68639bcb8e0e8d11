/* SPDX-License-Identifier: BSD-2-Clause */
/* Names that have become known since a stack was made, and what to install for more of them. */
#include "watch/attribution/attribution_private.h"

#include <stdlib.h>
#include <string.h>

#include "leaks/unnamed_stacks.h"
#include "stacks/site_id.h"

/* Stacks of a site that get better names at once, when the first one of them gets them. */
#define STACKS_RENAMED 64

/* It stays at the site that it was given, that of a whole one or of an earlier run. */
static void keep_given_site(struct stack **renamed, const struct stack *stack)
{
	struct stack *copy;

	if (stack->site == site_id(stack) || (*renamed)->site == stack->site)
		return;
	copy = stack_copy(*renamed); /* others may have the same one */
	if (!copy)
		return;
	copy->site = stack->site;
	stack_unref(*renamed);
	*renamed = copy;
}

/* Debug information may have been installed, or fetched, since a stack was made. True: it was. */
static bool rename_way(struct attribution *attribution, struct leaks *leaks, struct site *site,
		       struct stack *stack)
{
	const struct leak *leak = site_leak_of_stack(site, stack);
	struct stack *renamed;
	struct subject code;
	bool is_news;

	if (!leak)
		return false;
	code = code_of(attribution, &leak->event);
	if (resolver__rename(attribution->resolver, &code, stack, &renamed))
		return false;
	is_news = renamed != stack;
	if (is_news) {
		keep_given_site(&renamed, stack);
		renamed->package =
			renamed->package ?: (stack->package ? strdup(stack->package) : NULL);
		leaks__rename(leaks, site, stack, renamed);
	}
	stack_unref(renamed);
	return is_news;
}

void attribution__rename(struct attribution *attribution, struct leaks *leaks, struct site *site)
{
	struct stack *stacks[STACKS_RENAMED];
	unsigned int count = site_unnamed_stacks(site, stacks, STACKS_RENAMED);
	bool is_news = true; /* without any for the first one there is none for the others */

	for (unsigned int i = 0; i < count; i++) {
		is_news = is_news && (rename_way(attribution, leaks, site, stacks[i]) || i);
		stack_unref(stacks[i]);
	}
}

const struct hints *attribution__hints(struct attribution *attribution, struct site *const *sites,
				       long count)
{
	hints__begin(attribution->hints);
	for (long i = 0; i < count; i++) {
		const struct site_process *process = sites[i]->processes;
		const struct stack *stack = sites[i]->stack;
		pid_t pid = (pid_t)(process ? process->tgid : sites[i]->ended.tgid);

		for (unsigned int n = 0; stack && n < stack->count; n++)
			if (!stack->frames[n].has_debug)
				hints__add(attribution->hints, pid, stack->frames[n].module,
					   stack->frames[n].build_id);
	}
	return hints__finish(attribution->hints) ? NULL : attribution->hints;
}
