/* SPDX-License-Identifier: BSD-2-Clause */
#include "stacks/known_stacks.h"

#include <stdlib.h>
#include <string.h>

#define MAX_STRINGS (128 * 1024) /* bytes in one stack; 64 processes could fill all memory else */

void known_stacks_clear(struct known_stacks *stacks)
{
	for (unsigned int i = 0; i < KNOWN_STACKS; i++) {
		stack_unref(stacks->known[i].stack);
		free(stacks->known[i].pcs);
	}
	free(stacks->naming.state);
	*stacks = (struct known_stacks){ 0 };
}

static bool has_key(const struct known_stack *known, const struct stack_key *key)
{
	return known->count == key->count && known->caller == key->caller &&
	       known->stack->source == key->source &&
	       !memcmp(known->pcs, key->pcs, key->count * sizeof(*key->pcs));
}

struct stack *known_stacks_find(const struct known_stacks *stacks, const struct stack_key *key,
				enum stack_end end)
{
	const struct known_stack *known, *found = NULL;

	for (known = stacks->known; known < stacks->known + KNOWN_STACKS; known++) {
		if (!known->stack || (end && known->stack->end != end) || !has_key(known, key))
			continue;
		if (known->names == key->names)
			return known->stack;
		if (key->names)
			continue;
		if (found && found->names != known->names)
			return NULL;
		found = known;
	}
	return found ? found->stack : NULL;
}

void known_stacks_add(struct known_stacks *stacks, const struct stack_key *key, struct stack *stack)
{
	struct known_stack *place = &stacks->known[stacks->next];
	__u64 *copy;

	if (stack_string_bytes(stack) > MAX_STRINGS)
		return;
	copy = malloc(key->count * sizeof(*copy) + 1);
	if (!copy)
		return;
	memcpy(copy, key->pcs, key->count * sizeof(*copy));
	stack_unref(place->stack);
	free(place->pcs);
	*place = (struct known_stack){ .stack = stack_ref(stack),
				       .pcs = copy,
				       .caller = key->caller,
				       .names = key->names,
				       .count = key->count };
	stacks->next = (stacks->next + 1) % KNOWN_STACKS;
}
