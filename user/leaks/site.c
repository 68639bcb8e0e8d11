/* SPDX-License-Identifier: BSD-2-Clause */
#include "leaks/site.h"

#include <stdlib.h>
#include <utlist.h>

void site_free(struct site *site)
{
	struct site_process *process, *next;

	HASH_ITER(hh, site->processes, process, next) {
		HASH_DEL(site->processes, process);
		free(process);
	}
	owner_unref(site->owner);
	stack_unref(site->stack);
	free(site);
}

struct site_process *site_process_get(struct site *site, __u32 tgid)
{
	struct site_process *process;

	HASH_FIND(hh, site->processes, &tgid, sizeof(tgid), process);
	if (process)
		return process;
	process = calloc(1, sizeof(*process));
	if (!process)
		return NULL;
	process->tgid = tgid;
	HASH_ADD(hh, site->processes, tgid, sizeof(process->tgid), process);
	if (!process->hh.tbl) {
		free(process);
		return NULL;
	}
	return process;
}

void site_process_leave(struct site *site, struct site_process *process)
{
	if (--process->open)
		return;
	HASH_DEL(site->processes, process);
	free(process);
}

struct culprit site_culprit(const struct site *site)
{
	return culprit_find(site->stack, site->owner ? site->owner->exe : NULL);
}

static unsigned int known_lines(const struct stack *stack)
{
	unsigned int lines = 0;

	for (unsigned int i = 0; i < stack->count; i++)
		lines += stack->frames[i].line != 0;
	return lines;
}

/*
 * Does it name the function to mend, and not only the language? A perf map comes and goes. Each
 * leak of a second process asks, and most of them have the same stack.
 */
static bool names_culprit(struct stack *stack)
{
	struct code_place place;

	if (stack->naming == NAMING_UNKNOWN) {
		place = culprit_place(stack);
		stack->naming = place.frame && !place.language ? NAMES_CULPRIT : NAMES_NO_CULPRIT;
	}
	return stack->naming == NAMES_CULPRIT;
}

/*
 * Which names the culprit; with more lines, or as many in more frames: the call alone may have the
 * site of a whole stack.
 */
static bool is_better(struct stack *stack, struct stack *shown)
{
	unsigned int lines = known_lines(stack), shown_lines = known_lines(shown);
	bool names = names_culprit(stack);

	if (names != names_culprit(shown))
		return names;

	return lines > shown_lines || (lines == shown_lines && stack->count > shown->count);
}

void site_show_better(struct site *site, struct stack *stack)
{
	if (!stack || site->stack == stack || (site->stack && !is_better(stack, site->stack)))
		return;
	stack_unref(site->stack);
	site->stack = stack_ref(stack);
}

void site_class(struct site *site)
{
	site->class = CLASS_NONE;
	for (unsigned int cls = CLASS_NONE + 1; cls < CLASS_COUNT; cls++)
		if (site->by_class[cls] > site->by_class[site->class])
			site->class = cls;
}

void site_summarize(struct site *site)
{
	struct leak *leak;

	site->oldest_ns = 0;
	DL_FOREACH(site->leaks, leak) {
		__u64 since_ns = leak->event.socket.since_ns;

		if (!leak->held_back && (!site->oldest_ns || since_ns < site->oldest_ns))
			site->oldest_ns = since_ns;
	}
	site_class(site);
}

int site_worse_first(const void *a, const void *b)
{
	const struct site *x = *(struct site *const *)a, *y = *(struct site *const *)b;

	if (x->maybe_in_use != y->maybe_in_use)
		return x->maybe_in_use - y->maybe_in_use;
	if (x->leaking != y->leaking)
		return y->leaking - x->leaking;
	if (x->process_open != y->process_open)
		return x->process_open < y->process_open ? 1 : -1;
	if (x->process_open && x->processes->tgid != y->processes->tgid)
		return x->processes->tgid < y->processes->tgid ? -1 : 1;
	if (x->open != y->open)
		return x->open < y->open ? 1 : -1;
	if (x->oldest_ns != y->oldest_ns)
		return x->oldest_ns < y->oldest_ns ? -1 : 1;
	return x->key < y->key ? -1 : x->key > y->key;
}
