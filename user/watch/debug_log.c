/* SPDX-License-Identifier: BSD-2-Clause */
#include "watch/debug_log.h"

#include <string.h>

#include "lib/log.h"
#include "lib/text.h"
#include "lib/time.h"

struct debug_mark debug_mark(const struct summary *summary)
{
	return (struct debug_mark){ summary->sweep_counts, summary->counters[COUNTER_FILES_SWEPT],
				    summary->counters[COUNTER_EVENTS] };
}

static const char *kind_of_sweep(const struct sweep_counts *now, const struct sweep_counts *before)
{
	if (now->full_sweeps > before->full_sweeps)
		return "full";
	return now->pieces > before->pieces ? "a piece of a full one" : "quick";
}

void debug_log_sweep(const struct summary *summary, const struct debug_mark *before)
{
	const struct sweep_counts *now = &summary->sweep_counts;

	log_note("debug: sweep %llu: %s, %llu processes one by one, %llu descriptors, "
		 "%llu events, %llu pending, %llu us",
		 summary->sweeps, kind_of_sweep(now, &before->sweeps),
		 now->looks - before->sweeps.looks,
		 summary->counters[COUNTER_FILES_SWEPT] - before->files,
		 summary->counters[COUNTER_EVENTS] - before->events, summary->pending,
		 summary->sweep_ns / 1000);
}

static void add_why(struct text *line, const struct frame *frame)
{
	const struct frame_rule *rule =
		frame_rule_find(frame->module, frame->function, MANGLING_ANY);

	if (rule)
		text_addf(line, " (not to blame: %s)", rule->why);
}

static void debug_log_frames(const struct stack *stack)
{
	for (unsigned int i = 0; i < stack->count; i++) {
		const struct frame *frame = &stack->frames[i];
		_cleanup_text_ struct text line = TEXT_INIT;

		text_addf(&line, "debug: #%u 0x%llx by %s: ", i, frame->pc,
			  frame_source_name(frame->source) ?: "what is not known");
		text_add_clean(&line, frame->function ?: "?", strlen(frame->function ?: "?"));
		if (frame->module) {
			text_add(&line, " in ");
			text_add_clean(&line, frame->module, strlen(frame->module));
		}
		if (frame->kind != FRAME_OF_PROGRAM) /* why the culprit is not sought there */
			add_why(&line, frame);
		log_note("%s", text_str(&line));
	}
}

void debug_log_stack(const struct attributed *attributed)
{
	const struct event *event = attributed->event;
	const struct stack *stack = attributed->stack;

	if (!stack) {
		log_note("debug: inode %llu of process %u: no stack", event->socket.inode,
			 event->tgid);
		return;
	}
	log_note("debug: inode %llu of process %u: %u frames (%s%s), further out: %s",
		 event->socket.inode, event->tgid, stack->count, stack_source_name(stack->source),
		 attributed->was_reported ? ", reported before" : "", stack_end_phrase(stack->end));
	debug_log_frames(stack);
}
