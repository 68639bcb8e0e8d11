/* SPDX-License-Identifier: BSD-2-Clause */
#include "stacks/symbols.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "host/files/modules.h"
#include "sockleak.h"
#include "stacks/culprit.h"
#include "stacks/files/module_symbols.h"
#include "stacks/names/runtime_frames.h"
#include "stacks/image.h"
#include "stacks/script_frames.h"
#include "stacks/site_id.h"
#include "stacks/unwind.h"
#include "stacks/walk.h"

/* Frames of one stack, with all that is inlined. */
#define MAX_FRAMES 1024

struct symbols {
	struct images *images;
};

/* ---- Frames ---- */

/* A stack in the making. */
struct making {
	struct symbols *symbols;
	struct image *image;
	struct stack *stack;
	unsigned int room;
	bool fleeting; /* it has JIT code, whose names may come or change */
	bool plain;    /* no file is to be opened */
};

/* Room for one more frame, NULL: there is none. */
static struct frame *add_frame(struct making *making)
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
	const char *name = image_jit_name(making->symbols->images, making->image, address);

	making->fleeting = true;
	if (!name)
		making->stack->unnamed_jit = image_jit_runtime(making->image);
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

/*
 * The frames of the code at an address, first what is inlined there. pc is that
 * address, or the return address of the call that it is in: pc may then be behind
 * the function, which never returns.
 */
static void add_code(struct making *making, __u64 pc, __u64 address, enum frame_source source)
{
	struct place place = { .pc = pc,
			       .exact = pc == address,
			       .mapping = image_mapping(making->image, address),
			       .source = source };
	const struct code *code = NULL;
	struct frame *frame;
	__u64 bias;

	if (place.mapping && !making->plain)
		place.file =
			image_file(making->symbols->images, making->image, place.mapping, &bias);
	if (!place.mapping || !place.mapping->path ||
	    (!place.file && (mapping_is_nameless(place.mapping) || place.mapping->replaced))) {
		frame = add_frame(making);
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
		frame = add_frame(making);
		if (frame)
			fill_frame(&place, code ? &code->names[i] : NULL,
				   code && i + 1 < code->count, frame);
	}
}

/* ---- Stacks ---- */

/* Only the culprit's source file is looked up, because that walks the whole symbol table. */
static void set_site(struct images *images, struct image *image, struct stack *stack)
{
	const struct frame *culprit = culprit_lasting_place(stack).frame;
	struct frame *frame = culprit ? &stack->frames[culprit - stack->frames] : NULL;

	if (image && frame && frame->function && !frame->script && !frame->local_to &&
	    frame->kind == FRAME_OF_PROGRAM)
		frame->local_to = copy(walk_local_to(images, image, frame->pc - !frame->exact));
	stack->site = site_id(stack);
}

static bool begin_making(struct making *making, struct symbols *symbols, struct image *image,
			 unsigned int count)
{
	*making = (struct making){ .symbols = symbols, .image = image };
	making->room = count + 8;
	making->stack = stack_new(making->room);
	if (making->stack)
		making->stack->count = 0;
	return making->stack;
}

/* The libc frame of the call; the functions inlined in it come before. */
static struct frame *end_of_first(struct making *making)
{
	struct frame *first = &making->stack->frames[making->stack->count - 1];

	/* in a static program libc has no module of its own */
	if (frame_is_socket(first))
		first->kind = FRAME_OF_LIBC;
	return first;
}

/*
 * Where V8 interprets functions, each has the frame of one trampoline in its file. They are without
 * names in a stack in which no code of its own making has one.
 */
static void note_interpreted(const struct making *making)
{
	struct stack *stack = making->stack;
	bool interpreted = false;

	for (unsigned int i = 0; i < stack->count; i++) {
		const struct frame *frame = &stack->frames[i];

		if (frame->module && !strcmp(frame->module, FRAME_JIT))
			return;
		interpreted |= jit_runtime_interprets(frame->function);
	}
	if (interpreted)
		stack->unnamed_jit = image_jit_runtime(making->image);
}

/* Where frame pointers have ended: with which of `count` addresses, the last that is code. */
static enum stack_end end_of_pointers(struct making *making, const __u64 *pcs, unsigned int count,
				      unsigned int last)
{
	/* the kernel follows them until there are no more, which in Go is where fp is 0 */
	__u64 fp = last + 1 < count;

	if (unwind_is_outermost(image_unwinder(making->image), pcs[last] - 1, fp))
		return STACK_END_OUTERMOST;
	return last + 1 == SOCKLEAK_STACK_DEPTH ? STACK_END_LIMIT : STACK_END_RULES;
}

static struct stack *resolve_in_image(struct making *making, const __u64 *pcs, unsigned int count,
				      __u64 caller)
{
	const struct frame *first;
	unsigned int i;

	for (i = 0; i < count; i++) {
		if (i && !image_mapping(making->image, pcs[i] - 1))
			break; /* not code: the walk has gone astray */
		add_code(making, pcs[i], pcs[i] - 1, i ? FRAME_FP : FRAME_REGISTER);
		if (i || (count > 1 && pcs[1] == caller))
			continue;
		first = end_of_first(making);
		if (walk_is_caller(making->symbols->images, making->image,
				   runtime_frame_is_glibc(first->module) && frame_is_socket(first),
				   pcs[0], caller))
			add_code(making, caller, caller - 1, FRAME_CALLER);
	}
	if (i)
		stack_set_end(making->stack, end_of_pointers(making, pcs, count, i - 1));
	note_interpreted(making);
	return making->stack;
}

int symbols__resolve(struct symbols *symbols, pid_t tgid, const __u64 *pcs, unsigned int count,
		     __u64 caller, enum stack_source source, struct stack **ret_stack)
{
	struct stack_key key = { pcs, count, caller, source, 0 };
	struct making making = { 0 };
	struct known_stacks *known = NULL;
	struct image *image = NULL;
	struct stack *stack;

	if (count > SOCKLEAK_STACK_DEPTH)
		key.count = count = SOCKLEAK_STACK_DEPTH;
	if (images__find(symbols->images, tgid, &image) == -ENOMEM)
		return -ENOMEM;
	if (image) {
		known = image_stacks(symbols->images, image);
		stack = known_stacks_find(known, &key, STACK_END_UNKNOWN);
		if (stack) {
			*ret_stack = stack_ref(stack);
			return 0;
		}
		stack = begin_making(&making, symbols, image, count) ?
				resolve_in_image(&making, pcs, count, caller) :
				NULL;
	} else {
		stack = stack_of_addresses(pcs, count);
	}
	if (!stack)
		return -ENOMEM;
	stack->source = source;
	if (source == STACK_CALL)
		stack_set_end(stack, STACK_END_NOT_KEPT);
	set_site(symbols->images, image, stack);
	if (image && !making.fleeting)
		known_stacks_add(known, &key, stack);
	*ret_stack = stack;
	return 0;
}

static struct stack *name_unwound(struct making *making, const struct unwound *unwound)
{
	for (unsigned int i = 0; i < unwound->count; i++) {
		const struct unwound_frame *frame = &unwound->frames[i];

		add_code(making, frame->pc, frame->pc - !frame->exact, frame->source);
		if (!i)
			end_of_first(making);
	}
	stack_set_end(making->stack, unwound->end);
	note_interpreted(making);
	making->stack->source = STACK_SNAPSHOT;
	return making->stack;
}

/* Name the frames of a snapshot whose native ones are known, unless it was done for another. */
static int name_snapshot(struct making *making, const struct unwound *unwound,
			 const struct snapshot *snapshot, struct stack_key *key,
			 struct script_frames *scripts, struct stack **ret_stack)
{
	struct images *images = making->symbols->images;
	struct known_stacks *known = image_stacks(images, making->image);
	struct stack *stack;

	key->names = scripts_names(scripts);
	stack = known_stacks_find(known, key, unwound->end);
	if (stack) {
		*ret_stack = stack_ref(stack);
		return 0;
	}
	if (!begin_making(making, making->symbols, making->image, unwound->count))
		return -ENOMEM;
	*ret_stack = name_unwound(making, unwound);
	scripts_place(scripts, snapshot, ret_stack);
	set_site(images, making->image, *ret_stack);
	if (!making->fleeting && !(*ret_stack)->unnamed_scripts)
		known_stacks_add(known, key, *ret_stack);
	return 0;
}

int symbols__unwind(struct symbols *symbols, pid_t tgid, const struct snapshot *snapshot,
		    struct stack **ret_stack)
{
	struct making making = { .symbols = symbols };
	struct script_frames *scripts;
	__u64 pcs[UNWIND_MAX_FRAMES];
	struct stack_key key = { .pcs = pcs,
				 .source = STACK_SNAPSHOT,
				 .caller = scripts_hash(snapshot) };
	struct unwound unwound;
	int err = images__find(symbols->images, tgid, &making.image);

	if (!making.image)
		return err;
	err = walk_snapshot(symbols->images, &making.image, snapshot, &unwound);
	if (err)
		return err;
	if (unwound.count < 2)
		return -ENOENT;
	for (unsigned int i = 0; i < unwound.count; i++)
		pcs[i] = unwound.frames[i].pc;
	key.count = unwound.count;
	scripts = scripts_name(symbols->images, making.image, tgid, snapshot);
	err = name_snapshot(&making, &unwound, snapshot, &key, scripts, ret_stack);
	script_frames_free(scripts);
	return err;
}

int symbols__plain(struct symbols *symbols, pid_t tgid, const __u64 *pcs, unsigned int count,
		   enum stack_source source, struct stack **ret_stack)
{
	struct making making = { 0 };
	struct image *image = NULL;

	if (count > SOCKLEAK_STACK_DEPTH)
		count = SOCKLEAK_STACK_DEPTH;
	if (images__find(symbols->images, tgid, &image) == -ENOMEM)
		return -ENOMEM;
	if (image && begin_making(&making, symbols, image, count)) {
		making.plain = true;
		resolve_in_image(&making, pcs, count, 0);
	} else {
		making.stack = stack_of_addresses(pcs, count);
	}
	if (!making.stack)
		return -ENOMEM;
	making.stack->source = source;
	/* One address is that of the system call: socket()'s own, also in a static program. */
	making.stack->site = count > 1 ? site_id(making.stack) : 0;
	stack_set_end(making.stack, STACK_END_NOT_KEPT);
	*ret_stack = making.stack;
	return 0;
}

/* Is the file of a mapping still that build? A library may be loaded again after an upgrade. */
static bool is_same_build(const struct making *making, const struct mapping *mapping,
			  const char *build_id)
{
	struct module_symbols *file;
	const char *now;
	__u64 bias;

	file = image_file(making->symbols->images, making->image, mapping, &bias);
	now = file ? module_symbols_file(file)->build_id : NULL;
	return now && !strcmp(now, build_id);
}

/* Does the process still have there what the frame was found in? */
static bool is_still_there(const struct making *making, const struct frame *frame)
{
	const struct mapping *mapping =
		image_mapping(making->image, frame->exact ? frame->pc : frame->pc - 1);

	if (!mapping)
		return false;
	if (!mapping->path)
		return !frame->module || !strcmp(frame->module, FRAME_JIT);
	return frame->module && !strcmp(frame->module, mapping->path) &&
	       frame->offset == frame->pc - mapping->start + mapping->offset &&
	       (!frame->build_id || is_same_build(making, mapping, frame->build_id));
}

/* The frames [from, to], the last of which has the others inlined. False: no memory. */
static bool keep_frames(struct making *making, const struct stack *stack, unsigned int from,
			unsigned int to)
{
	for (; from <= to; from++) {
		struct frame *frame = add_frame(making);

		if (!frame || !frame_copy(frame, &stack->frames[from]))
			return false;
	}
	return true;
}

int symbols__rename(struct symbols *symbols, pid_t tgid, const struct stack *stack,
		    struct stack **ret_stack)
{
	struct making making = { 0 };
	struct image *image = NULL;
	unsigned int first = 0; /* inlined into the frame that is looked at, or it itself */
	int err = images__find(symbols->images, tgid, &image);

	if (!image)
		return err;
	if (!begin_making(&making, symbols, image, stack->count))
		return -ENOMEM;
	image_refresh_names(symbols->images, image);
	for (unsigned int i = 0; i < stack->count; i++) {
		const struct frame *frame = &stack->frames[i];

		if (frame->inlined && i + 1 < stack->count)
			continue;
		if (is_still_there(&making, frame)) {
			add_code(&making, frame->pc, frame->exact ? frame->pc : frame->pc - 1,
				 frame->source);
		} else if (!keep_frames(&making, stack, first, i)) {
			stack_unref(making.stack);
			return -ENOMEM;
		}
		if (!first && making.stack->count)
			end_of_first(&making);
		first = i + 1;
	}
	note_interpreted(&making);
	making.stack->source = stack->source;
	stack_set_end(making.stack, stack->end);
	set_site(symbols->images, image, making.stack);
	*ret_stack = making.stack;
	return 0;
}

int symbols__recipe(struct symbols *symbols, pid_t tgid, __u64 start_code,
		    struct script_recipe *ret_recipe)
{
	struct image *image = NULL;
	int err = images__find(symbols->images, tgid, &image);

	if (!image)
		return err;
	return scripts_recipe(symbols->images, image, tgid, start_code, ret_recipe) ?: err;
}

int symbols__look(struct symbols *symbols, pid_t tgid)
{
	struct image *image = NULL;
	int err = images__find(symbols->images, tgid, &image);

	if (image)
		image_open_files(symbols->images, image);
	return err;
}

struct symbols *symbols__new(void)
{
	struct symbols *symbols = calloc(1, sizeof(*symbols));

	if (!symbols)
		return NULL;
	symbols->images = images__new();
	if (!symbols->images) {
		free(symbols);
		return NULL;
	}
	return symbols;
}

void symbols__free(struct symbols *symbols)
{
	if (!symbols)
		return;
	images__free(symbols->images);
	free(symbols);
}
