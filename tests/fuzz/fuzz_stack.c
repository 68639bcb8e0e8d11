/* SPDX-License-Identifier: BSD-2-Clause */
/* Stacks: the site id, which must be the same everywhere; copies; whom to blame. */
#include "take_stack.h"

static bool is_jit(const struct frame *frame)
{
	return frame->module && !strcmp(frame->module, FRAME_JIT);
}

static bool counts(const struct frame *frame)
{
	return !frame->inlined && !is_jit(frame) && (frame->module || frame->build_id);
}

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
 * What the id does not depend on: addresses, names, debug information, where a
 * file without a build id lies; and frames that are inlined or of JIT code.
 */
static void check_site(const struct stack *stack)
{
	struct stack *bare = stack_new(stack->count);
	unsigned int count = 0;
	const char *slash;

	for (unsigned int i = 0; i < stack->count; i++) {
		const struct frame *from = &stack->frames[i];
		struct frame *to = &bare->frames[count];

		if (!counts(from))
			continue;
		count++;
		to->offset = from->offset;
		to->build_id = from->build_id ? strdup(from->build_id) : NULL;
		slash = from->module ? strrchr(from->module, '/') : NULL;
		if (!from->build_id && !(slash ? slash + 1 : from->module)[0])
			to->module = strdup(from->module); /* no file has such a path */
		else if (!from->build_id)
			check(asprintf(&to->module, "/other/%s", slash ? slash + 1 : from->module) >
			      0);
	}
	bare->count = count;
	check(site_id(bare) == stack->site);
	check(!stack->site == !count);
	if (count) {
		bare->frames[count - 1].offset++;
		check(site_id(bare) != stack->site);
	}
	stack_unref(bare);
}

static void check_culprit(const struct stack *stack)
{
	const struct frame *culprit = stack_culprit(stack), *frame;

	for (frame = stack->frames; frame < stack->frames + stack->count; frame++) {
		if (!frame->module && !frame->function)
			continue; /* a mere address */
		check(culprit || frame->kind == FRAME_OF_LIBC);
		if (frame == culprit)
			break;
		check(frame->kind);
	}
	if (!culprit)
		return;
	check(culprit >= stack->frames && culprit < stack->frames + stack->count);
	check(culprit->kind != FRAME_OF_LIBC && (culprit->module || culprit->function));
	frame = stack_caller(stack);
	check(!frame || (frame > culprit && frame < stack->frames + stack->count));
	check(!frame || (!frame->kind && frame->function));
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
