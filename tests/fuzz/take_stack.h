/* SPDX-License-Identifier: BSD-2-Clause */
/* take_stack: a resolved stack made of a fuzzer's bytes, its strings of any bytes but NUL. */
#ifndef TAKE_STACK_H
#define TAKE_STACK_H

#include "fuzz.h"

#include "stacks/stack.h"
#include "stacks/site_id.h"

#define TAKE_STACK_FRAMES 8

/* One in four is not known; short ones come more often. */
static UNUSED char *take_name(struct input *input)
{
	uint8_t len = take_u8(input);

	return len & 3 ? take_string(input, len >> 2) : NULL;
}

static UNUSED void take_frame(struct input *input, struct frame *frame)
{
	uint8_t flags = take_u8(input);

	frame->pc = take_u64(input);
	frame->offset = take_u32(input);
	frame->module = flags & 1 ? take_name(input) : strdup(flags & 2 ? "/usr/bin/a" : FRAME_JIT);
	frame->build_id = flags & 4 ? take_name(input) : NULL;
	frame->function = take_name(input);
	frame->file = take_name(input);
	frame->line = frame->file ? take_u32(input) : 0;
	frame->local_to = flags & 2 && frame->file ? strdup(frame->file) : NULL;
	frame->inlined = flags & 8;
	frame->has_debug = flags & 16;
	frame->trouble = (enum frame_trouble)(take_u8(input) % TROUBLES);
	frame->source = (enum frame_source)(flags >> 5 < 5 ? flags >> 5 : 0);
	frame->kind = runtime_frame_kind(frame->module, frame->function);
}

static UNUSED struct stack *take_stack(struct input *input)
{
	unsigned int count = take_u8(input) % (TAKE_STACK_FRAMES + 1), i;
	struct stack *stack = stack_new(count);

	check(stack && stack->refs == 1 && stack->count == count);
	for (i = 0; i < count; i++)
		take_frame(input, &stack->frames[i]);
	stack->source = (enum stack_source)(take_u8(input) % 4);
	stack_set_end(stack, (enum stack_end)(take_u8(input) % STACK_ENDS));
	stack->package = take_name(input);
	stack->site = site_id(stack);
	return stack;
}

#endif /* TAKE_STACK_H */
