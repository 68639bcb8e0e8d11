/* SPDX-License-Identifier: BSD-2-Clause */
#include "stacks/code_frames.h"

#include <stdlib.h>
#include <string.h>

#include "lib/hash.h"
#include "stacks/scripts/script_rules.h"

/* Most of them are of pages that are there already. */
#define CODE_MAX_READS (4 * MEMORY_MAX_READS)

/* One frame of a stack. */
struct adding {
	struct code_frames *frames;
	const struct step_source *source;
	unsigned int number;
};

void script_frame_fill(const struct language *language, const struct script_name *name,
		       struct frame *frame)
{
	frame->module = strdup(language->module);
	frame->script = language->id;
	frame->source = FRAME_SCRIPT;
	frame->has_debug = true; /* no package has more of it */
	frame->function = *name->function ? strdup(name->function) : NULL;
	frame->file = *name->file ? strdup(name->file) : NULL;
	frame->line = frame->file ? name->line : 0;
	frame->kind = name->is_native ?
			      FRAME_OF_RUNTIME :
			      script_rule_kind(language->id, frame->function, frame->file);
}

/* The runtime's own code, as a map of its code would name it. */
static void fill_runtime(const struct script_name *name, struct frame *frame)
{
	frame->module = strdup(FRAME_JIT);
	frame->function = strdup(name->function);
	frame->has_debug = true;
	frame->kind = FRAME_OF_RUNTIME;
}

static void add_function(const struct script_name *name, bool is_runtime, void *ctx)
{
	static const struct script_name unknown;
	const struct adding *adding = ctx;
	struct code_frames *frames = adding->frames;
	struct frame *frame;

	frames->is_known[adding->number] = true;
	frames->unknown += !name;
	if ((name && name->is_hidden) || frames->count == SCRIPT_FRAMES_MAX)
		return;
	frames->number[frames->count] = adding->number;
	frame = &frames->list[frames->count++];
	memset(frame, 0, sizeof(*frame));
	if (is_runtime)
		fill_runtime(name, frame);
	else
		script_frame_fill(frames->language, name ?: &unknown, frame);
}

static bool read_code_stack(__u64 address, __u64 *ret_word, void *ctx)
{
	const struct adding *adding = ctx;

	return adding->source->read(address, ret_word, adding->source->ctx);
}

/* A page that has an address; NULL: it cannot be read whole. */
static const unsigned char *read_page(struct code_frames *frames, __u64 start)
{
	unsigned int place = start / CODE_PAGE % CODE_PAGES;

	if (frames->page_at[place] != start) {
		frames->page_at[place] = 0;
		if (!memory_read(&frames->memory, start, frames->pages[place], CODE_PAGE))
			return NULL;
		frames->page_at[place] = start;
	}
	return frames->pages[place];
}

static bool read_by_page(void *ctx, __u64 address, void *to, size_t len)
{
	struct code_frames *frames = ctx;
	__u64 start = address & ~(__u64)(CODE_PAGE - 1);
	const unsigned char *page;

	if (!start || address + len > start + CODE_PAGE)
		return memory_read(&frames->memory, address, to, len);
	page = read_page(frames, start);
	if (page)
		memcpy(to, page + (address - start), len);
	return page;
}

void code_frames_begin(struct code_frames *frames)
{
	frames->by_page = (struct memory){ .reads = CODE_MAX_READS,
					   .bytes = MEMORY_MAX_BYTES,
					   .read = read_by_page,
					   .ctx = frames };
}

enum step_way code_frames_step(struct code_frames *frames, unsigned int number, bool is_in_file,
			       const struct step_source *source, const struct step_frame *frame,
			       struct step_frame *ret_frame)
{
	struct adding adding = { frames, source, number };
	const struct code_stack stack = { .memory = &frames->by_page,
					  .is_in_file = is_in_file,
					  .read = read_code_stack,
					  .add = add_function,
					  .ctx = &adding };
	struct code_registers registers = { frame->regs[STEP_PC], frame->regs[STEP_SP],
					    frame->regs[STEP_FP] };

	if (number >= UNWIND_MAX_FRAMES)
		return STEP_NONE;
	switch (frames->language->step(frames->state, &stack, &registers)) {
	case CODE_CALLER:
		*ret_frame = *frame;
		ret_frame->is_innermost = false;
		ret_frame->regs[STEP_PC] = registers.pc;
		ret_frame->regs[STEP_SP] = registers.sp;
		ret_frame->regs[STEP_FP] = registers.fp;
		return STEP_BY_RUNTIME;
	case CODE_SWITCHED:
		return STEP_SWITCHED;
	case CODE_LOST:
		return STEP_LOST;
	case CODE_FOREIGN:
	case CODE_BY_POINTER:
		break;
	}
	return STEP_NONE;
}

void code_frames_clear(struct code_frames *frames)
{
	for (unsigned int i = 0; frames && i < frames->count; i++) {
		free(frames->list[i].module);
		free(frames->list[i].function);
		free(frames->list[i].file);
	}
	if (!frames)
		return;
	frames->count = frames->unknown = 0;
	memset(frames->is_known, 0, sizeof(frames->is_known));
}

static __u64 hash_shown(__u64 hash, const char *string)
{
	return hash_bytes(hash, string ? string : "", string ? strlen(string) + 1 : 1);
}

__u64 script_frames_hash(const struct frame *frames, unsigned int count)
{
	__u64 hash = HASH_BEGIN;

	for (unsigned int i = 0; i < count; i++) {
		hash = hash_shown(hash_shown(hash, frames[i].function), frames[i].file);
		hash = hash_bytes(hash, &frames[i].line, sizeof(frames[i].line));
	}
	return hash ? hash : 1;
}

__u64 code_frames_names(const struct code_frames *frames)
{
	return frames && frames->count ? script_frames_hash(frames->list, frames->count) : 0;
}

void code_frames_free(struct code_frames *frames)
{
	if (!frames)
		return;
	code_frames_clear(frames);
	memory_close(&frames->memory);
	free(frames);
}
