/* SPDX-License-Identifier: BSD-2-Clause */
#include "stacks/placing.h"

#include <fnmatch.h>
#include <stdlib.h>
#include <string.h>

#define MAX_FRAMES 1024 /* of a stack, as in symbols.c */

void lend_lines(struct script_frames *frames)
{
	for (unsigned int i = frames->count; i-- > 0;) {
		struct frame *frame = &frames->list[i];
		const struct frame *caller = frame + 1;

		if (!frames->is_native[i] || i + 1 == frames->count || !caller->file)
			continue;
		free(frame->file);
		frame->file = strdup(caller->file);
		frame->line = frame->file ? caller->line : 0;
	}
}

static bool is_evaluator(const struct script_frames *frames, const struct frame *frame)
{
	return frame->function && !frame->inlined && frame->module &&
	       !strcmp(frame->module, frames->interpreter) &&
	       !fnmatch(frames->evaluator, frame->function, 0);
}

static bool is_interpreters(const struct script_frames *frames, const struct frame *frame)
{
	return frame->module && !strcmp(frame->module, frames->interpreter);
}

/* Before which frame the first run stands if no function is known to execute it. */
static unsigned int first_of_interpreter(const struct script_frames *frames,
					 const struct stack *stack)
{
	unsigned int i = 0;

	while (i < stack->count && !is_interpreters(frames, &stack->frames[i]))
		i++;
	return i;
}

static bool has_evaluator(const struct script_frames *frames, const struct stack *stack)
{
	for (unsigned int i = 0; i < stack->count; i++)
		if (is_evaluator(frames, &stack->frames[i]))
			return true;
	return false;
}

/* Where the frames go that are moved. */
struct placing {
	struct script_frames *frames;
	struct stack *to;
	unsigned int next; /* frame of a script */
};

static void move_run(struct placing *placing, bool all)
{
	struct script_frames *frames = placing->frames;

	while (placing->next < frames->count) {
		unsigned int i = placing->next++;

		placing->to->frames[placing->to->count++] = frames->list[i];
		if (frames->is_entry[i] && !all)
			return;
	}
}

/* Are methods in C alone left? Nothing executes them: C has called the outermost method itself. */
static bool has_only_native(const struct placing *placing)
{
	for (unsigned int i = placing->next; i < placing->frames->count; i++)
		if (!placing->frames->is_native[i])
			return false;
	return placing->next < placing->frames->count;
}

/* Frames that the stack has no room for, the outermost. */
static void drop_beyond(struct script_frames *frames, unsigned int room)
{
	while (frames->count > room) {
		struct frame *frame = &frames->list[--frames->count];

		free(frame->module);
		free(frame->function);
		free(frame->file);
	}
}

void script_frames_free(struct script_frames *frames)
{
	if (frames)
		drop_beyond(frames, 0);
	free(frames);
}

void place_scripts(struct script_frames *frames, struct stack **stack)
{
	struct stack *from = *stack;
	unsigned int first = first_of_interpreter(frames, from);
	bool by_name = has_evaluator(frames, from);
	struct placing placing = { .frames = frames };

	drop_beyond(frames, from->count < MAX_FRAMES ? MAX_FRAMES - from->count : 0);
	placing.to = stack_new(from->count + frames->count);
	if (!placing.to) {
		drop_beyond(frames, 0);
		return;
	}
	memcpy(placing.to, from, sizeof(*from));
	placing.to->count = 0;
	for (unsigned int i = 0; i < from->count; i++) {
		bool runs = by_name ? is_evaluator(frames, &from->frames[i]) : i == first;

		if (runs)
			move_run(&placing, !by_name);
		placing.to->frames[placing.to->count++] = from->frames[i];
		if (runs && has_only_native(&placing))
			move_run(&placing, true);
	}
	move_run(&placing, true);
	frames->count = 0;
	free(from); /* its strings are the other's now */
	*stack = placing.to;
}
