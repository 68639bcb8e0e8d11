/* SPDX-License-Identifier: BSD-2-Clause */
#include "stacks/making.h"

#include <stdlib.h>
#include <string.h>

#include "stacks/files/module_symbols.h"
#include "stacks/jit_names.h"
#include "stacks/names/runtime_frames.h"

/* Frames of one stack, with all that is inlined. */
#define MAX_FRAMES 1024

struct frame *making_add(struct making *making)
{
	struct stack *stack = making->stack;

	if (stack->count == making->room) {
		if (making->room >= MAX_FRAMES || !stack_reserve(&making->stack, making->room * 2))
			return NULL;
		making->room *= 2;
		stack = making->stack;
	}
	return &stack->frames[stack->count++];
}

static char *copy(const char *string)
{
	return string ? strdup(string) : NULL;
}

/* Code that is in no file. */
static void fill_jit(struct making *making, __u64 address, struct frame *frame)
{
	const char *name = image_jit_name(making->images, making->image, address);

	making->fleeting = true;
	if (!name)
		making->stack->unnamed_jit = jit_names_runtime(image_modules(making->image));
	frame->function = copy(name);
	if (!frame->function)
		return;
	frame->module = strdup(FRAME_JIT);
	frame->kind = runtime_frame_kind(FRAME_JIT, frame->function);
}

/* The part that all frames of one address have in common. */
struct place {
	__u64 pc;
	bool exact;
	const struct mapping *mapping;
	struct module_symbols *file; /* NULL: nothing is known of it */
	enum frame_source source;
	bool is_split;	     /* see struct code */
	bool is_overwritten; /* its file was, while it was mapped */
};

static void fill_frame(const struct place *place, const struct code_name *name, bool inlined,
		       struct frame *frame)
{
	frame->pc = place->pc;
	frame->exact = place->exact;
	frame->source = place->source;
	frame->inlined = inlined;
	frame->module = strdup(place->mapping->path);
	if (!frame->module)
		return;
	frame->offset = place->pc - place->mapping->start + place->mapping->offset;
	if (name && frame->module[0] == '/')
		frame->kind = name->kind;
	else /* the vdso is known by another path */
		frame->kind = runtime_frame_kind(frame->module, name ? name->function : NULL);
	if (!place->file) {
		frame->trouble = place->is_overwritten ? TROUBLE_OVERWRITTEN : TROUBLE_NONE;
		frame->has_debug = place->is_overwritten; /* a debug file would not help */
		return;
	}
	frame->build_id = copy(module_symbols_file(place->file)->build_id);
	frame->has_debug = module_symbols_has_debug(place->file);
	frame->trouble = place->is_split ? TROUBLE_SPLIT : module_symbols_trouble(place->file);
	if (!name)
		return;
	frame->function = copy(name->function);
	frame->file = copy(name->file);
	frame->line = frame->file ? name->line : 0;
}

void making_add_code(struct making *making, __u64 pc, __u64 address, enum frame_source source)
{
	struct place place = { .pc = pc,
			       .exact = pc == address,
			       .mapping = image_mapping(making->image, address),
			       .source = source };
	const struct code *code = NULL;
	struct frame *frame;
	__u64 bias;

	if (place.mapping && !making->plain)
		place.file = image_file(making->images, making->image, place.mapping, &bias);
	if (!place.mapping || !place.mapping->path ||
	    (!place.file && (mapping_is_nameless(place.mapping) || place.mapping->replaced))) {
		frame = making_add(making);
		if (!frame)
			return;
		frame->pc = pc;
		frame->exact = place.exact;
		frame->source = source;
		if (place.mapping && !making->plain)
			fill_jit(making, address, frame);
		return;
	}
	place.is_overwritten = !place.file && image_is_overwritten(making->image, place.mapping);
	if (place.file)
		code = module_symbols_name(place.file, address - bias);
	place.is_split = code && code->is_split;
	for (unsigned int i = 0; i < (code ? code->count : 1); i++) {
		frame = making_add(making);
		if (frame)
			fill_frame(&place, code ? &code->names[i] : NULL,
				   code && i + 1 < code->count, frame);
	}
}

bool making_begin(struct making *making, struct images *images, struct image *image,
		  unsigned int count)
{
	*making = (struct making){ .images = images, .image = image };
	making->room = count + 8;
	making->stack = stack_new(making->room);
	if (making->stack)
		making->stack->count = 0;
	return making->stack;
}

struct frame *making_end_first(struct making *making)
{
	struct frame *first = &making->stack->frames[making->stack->count - 1];

	/* in a static program libc has no module of its own */
	if (frame_is_socket(first))
		first->kind = FRAME_OF_LIBC;
	return first;
}
