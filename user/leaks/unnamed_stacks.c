/* SPDX-License-Identifier: BSD-2-Clause */
#include "leaks/unnamed_stacks.h"

static bool lacks_names(const struct stack *stack)
{
	for (unsigned int i = 0; stack && i < stack->count; i++)
		if (!stack->frames[i].has_debug)
			return true;
	return false;
}

const struct leak *site_leak_of_stack(const struct site *site, const struct stack *stack)
{
	const struct leak *leak = site->leaks;

	while (leak && leak->stack != stack)
		leak = leak->next;
	return leak;
}

static bool is_listed(struct stack *const *stacks, unsigned int count, const struct stack *stack)
{
	for (unsigned int i = 0; i < count; i++)
		if (stacks[i] == stack)
			return true;
	return false;
}

unsigned int site_unnamed_stacks(const struct site *site, struct stack **ret_stacks,
				 unsigned int max)
{
	unsigned int count = 0;

	if (lacks_names(site->stack) && site_leak_of_stack(site, site->stack))
		ret_stacks[count++] = stack_ref(site->stack);
	for (const struct leak *leak = site->leaks; leak && count < max; leak = leak->next)
		if (!is_listed(ret_stacks, count, leak->stack) && lacks_names(leak->stack))
			ret_stacks[count++] = stack_ref(leak->stack);
	return count;
}
