/* SPDX-License-Identifier: BSD-2-Clause */
/* Stacks: the site id, which must be the same everywhere; copies; whom to blame. */
#include "take_stack.h"

#include "stacks/culprit.h"
#include "stacks/site_id.h"

static bool same(const char *a, const char *b)
{
	return a && b ? a != b && !strcmp(a, b) : a == b;
}

static void check_copy(const struct stack *stack)
{
	struct stack *copy = stack_copy(stack);

	check(copy && copy != stack && copy->refs == 1 && copy->count == stack->count);
	check(copy->site == stack->site && site_id(copy) == stack->site);
	check(same(copy->package, stack->package));
	for (unsigned int i = 0; i < copy->count; i++) {
		check(same(copy->frames[i].module, stack->frames[i].module));
		check(same(copy->frames[i].build_id, stack->frames[i].build_id));
		check(same(copy->frames[i].function, stack->frames[i].function));
		check(same(copy->frames[i].file, stack->frames[i].file));
	}
	stack_unref(copy);
}

/*
 * What the id does not depend on: addresses, lines, what debug information tells, and further
 * frames of the function that is to blame.
 */
static void check_site(const struct stack *stack)
{
	struct stack *bare = stack_new(stack->count);
	unsigned int count = 0;

	for (unsigned int i = 0; i < stack->count; i++) {
		struct frame *to = &bare->frames[count];

		if (stack->frames[i].inlined)
			continue;
		count++;
		check(frame_copy(to, &stack->frames[i]));
		to->pc++;
		to->line = 0;
		to->has_debug = !to->has_debug;
	}
	bare->count = count;
	check(site_id(bare) == stack->site);
	check(site_way(bare) == site_way(stack));
	stack_unref(bare);
}

static bool is_of(const struct frame *frame, const struct stack *stack)
{
	return frame >= stack->frames && frame < stack->frames + stack->count;
}

static void check_culprit(const struct stack *stack)
{
	struct culprit culprit = culprit_find(stack, NULL);
	const struct frame *frame = culprit.where.frame, *caller = culprit.caller.frame;

	check(!culprit.interpreted);
	check(frame || (!culprit.where.language && !caller));
	check(culprit.where.language || !culprit.where.hidden);
	if (!frame)
		return;
	check(is_of(frame, stack) && frame->kind != FRAME_OF_LIBC);
	check(frame->module || frame->function);
	check(code_place_equal(&culprit.where, &culprit.where));
	check(!caller || (is_of(caller, stack) && caller > frame));
	check(!caller || caller->function || culprit.caller.language);
	check(!culprit.where.language || !caller);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct input input = input_of(data, size);
	struct stack *stack = take_stack(&input);

	check_site(stack);
	check_copy(stack);
	check_culprit(stack);
	check(stack_ref(stack) == stack);
	stack_unref(stack);
	stack_unref(stack);
	return 0;
}
