/* SPDX-License-Identifier: BSD-2-Clause */
/* Moves leaks between the accounts of leaks.h when more is known of a stack than before. */
#include <utlist.h>

#include "leaks/leaks_private.h"
#include "leaks/site.h"

/* Shown or held back as it was, at another site. */
static void move_accounts(struct leaks *leaks, struct leak *leak, struct site *site,
			  struct site_process *process)
{
	struct site *old = leak->site;
	int shown = !leak->held_back;

	old->held_back -= !shown;
	site->held_back += !shown;
	old->open -= shown;
	site->open += shown;
	old->total -= shown;
	site->total += shown;
	old->by_class[leak->event.class] -= shown;
	site->by_class[leak->event.class] += shown;
	DL_DELETE(old->leaks, leak);
	account_take_back(old, leak->process, &leak->event);
	account_leave(leaks, old, leak->process);
	DL_PREPEND(site->leaks, leak);
	leak->site = site;
	leak->process = process;
	account_grow(leaks, leak);
}

/*
 * All that a process has at a site moves, one leak after the other. Counted anew they would have
 * grown since: a pool that is renewed has as many births as it ever opened sockets.
 */
static void inherit_growth(struct site_process *process, const struct site_process *from)
{
	if (process->open || process->growth.peak > from->growth.peak)
		return;
	process->growth = from->growth;
	process->growth.is_changed = true;
}

void leak_rehome(struct leaks *leaks, struct leak *leak, struct stack *stack, bool with_growth)
{
	struct site *site = account_site(leaks, &leak->event, leak->owner, stack);
	struct site_process *process;

	if (!site || site == leak->site)
		return;
	process = account_process(leaks, site, &leak->event);
	if (!process)
		return;
	if (with_growth)
		inherit_growth(process, leak->process);
	stack_unref(leak->stack);
	leak->stack = stack_ref(stack);
	site_show_better(site, stack);
	move_accounts(leaks, leak, site, process);
	leak->reported = true; /* by this; one that is held back is reported when it is shown */
	leaks->announce(leak, LEAKS_MOVED, leaks->announce_ctx);
}

/* The names say of another function that it is the one to mend. The oldest leaks go first. */
static void move_all(struct leaks *leaks, struct site *site, struct stack *stack,
		     struct stack *renamed)
{
	struct leak *leak = site->leaks ? site->leaks->prev : NULL, *newer;

	for (; leak; leak = newer) {
		newer = leak == site->leaks ? NULL : leak->prev;
		if (leak->stack == stack)
			leak_rehome(leaks, leak, renamed, /* with_growth= */ true);
	}
}

void leaks__rename(struct leaks *leaks, struct site *site, struct stack *stack,
		   struct stack *renamed)
{
	struct leak *leak;

	if (renamed->site != stack->site) {
		move_all(leaks, site, stack, renamed);
		return;
	}
	DL_FOREACH(site->leaks, leak) {
		if (leak->stack != stack)
			continue;
		leak->stack = stack_ref(renamed);
		stack_unref(stack);
	}
	if (site->stack == stack) {
		site->stack = stack_ref(renamed);
		stack_unref(stack);
	}
}
