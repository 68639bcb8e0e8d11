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
#include "stacks/jit_names.h"
#include "stacks/making.h"
#include "stacks/script_frames.h"
#include "stacks/site_id.h"
#include "stacks/unwind.h"
#include "stacks/walk.h"

struct symbols {
	struct images *images;
};

/* ---- Stacks ---- */

/* Only the culprit's source file is looked up, because that walks the whole symbol table. */
static void set_site(struct images *images, struct image *image, struct stack *stack)
{
	const struct frame *culprit = culprit_lasting_place(stack).frame;
	struct frame *frame = culprit ? &stack->frames[culprit - stack->frames] : NULL;
	const char *local_to;

	if (image && frame && frame->function && !frame->script && !frame->local_to &&
	    frame->kind == FRAME_OF_PROGRAM) {
		local_to = walk_local_to(images, image, frame->pc - !frame->exact);
		frame->local_to = local_to ? strdup(local_to) : NULL;
	}
	stack->site = site_id(stack);
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
		stack->unnamed_jit = jit_names_runtime(image_modules(making->image));
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
		making_add_code(making, pcs[i], pcs[i] - 1, i ? FRAME_FP : FRAME_REGISTER);
		if (i || (count > 1 && pcs[1] == caller))
			continue;
		first = making_end_first(making);
		if (walk_is_caller(making->images, making->image,
				   runtime_frame_is_glibc(first->module) && frame_is_socket(first),
				   pcs[0], caller))
			making_add_code(making, caller, caller - 1, FRAME_CALLER);
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
		stack = making_begin(&making, symbols->images, image, count) ?
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

/*
 * The functions that are executed in native frame `number`, from *next on in the list, whose frames
 * the stack has then. They take its place, but for the runtime's own code.
 */
static void add_functions(struct making *making, const struct unwound_frame *native,
			  unsigned int number, struct code_frames *code, unsigned int *next)
{
	for (; *next < code->count && code->number[*next] == number; ++*next) {
		struct frame *frame = making_add(making);

		if (!frame)
			return;
		*frame = code->list[*next];
		memset(&code->list[*next], 0, sizeof(code->list[*next]));
		if (frame->script)
			continue;
		frame->pc = native->pc;
		frame->source = native->source;
	}
}

static struct stack *name_unwound(struct making *making, const struct unwound *unwound,
				  struct code_frames *code)
{
	unsigned int next = 0;

	for (unsigned int i = 0; i < unwound->count; i++) {
		const struct unwound_frame *frame = &unwound->frames[i];

		if (code && code->is_known[i])
			add_functions(making, frame, i, code, &next);
		else
			making_add_code(making, frame->pc, frame->pc - !frame->exact,
					frame->source);
		if (!i)
			making_end_first(making);
	}
	stack_set_end(making->stack, unwound->end);
	note_interpreted(making);
	making->stack->source = STACK_SNAPSHOT;
	return making->stack;
}

/* Name the frames of a snapshot whose native ones are known, unless it was done for another. */
static int name_snapshot(struct making *making, const struct unwound *unwound,
			 const struct snapshot *snapshot, struct stack_key *key,
			 struct script_frames *scripts, struct code_frames *code,
			 struct stack **ret_stack)
{
	struct images *images = making->images;
	struct known_stacks *known = image_stacks(images, making->image);
	struct stack *stack;

	key->names = code ? code_frames_names(code) : scripts_names(scripts);
	stack = known_stacks_find(known, key, unwound->end);
	if (stack) {
		*ret_stack = stack_ref(stack);
		return 0;
	}
	if (!making_begin(making, making->images, making->image, unwound->count))
		return -ENOMEM;
	*ret_stack = name_unwound(making, unwound, code);
	scripts_place(scripts, snapshot, ret_stack);
	if (code)
		(*ret_stack)->unnamed_scripts = code->unknown;
	set_site(images, making->image, *ret_stack);
	if (!making->fleeting && !(*ret_stack)->unnamed_scripts)
		known_stacks_add(known, key, *ret_stack);
	return 0;
}

/* In what the process has mapped; read once more if the stack leads out of that. */
static int unwind_in_process(struct symbols *symbols, pid_t tgid, const struct snapshot *snapshot,
			     struct image **ret_image, struct code_frames **ret_code,
			     struct unwound *ret_unwound)
{
	struct image *image;
	bool astray, again = false;
	int err;

	for (;; again = true) {
		image = NULL;
		err = images__find(symbols->images, tgid, &image);
		if (!image)
			return err;
		*ret_image = image;
		*ret_code = scripts_code(symbols->images, image, tgid, snapshot);
		err = walk_snapshot(symbols->images, ret_image, snapshot, *ret_code, ret_unwound,
				    &astray);
		if (!astray || again || !image_doubt(image))
			break;
		code_frames_free(*ret_code);
		*ret_code = NULL;
	}
	if (err == -ENOENT || (!err && ret_unwound->count < 2))
		return astray ? -ENXIO : -ENOENT;
	return err;
}

int symbols__unwind(struct symbols *symbols, pid_t tgid, const struct snapshot *snapshot,
		    struct stack **ret_stack)
{
	struct making making = { .images = symbols->images };
	struct script_frames *scripts = NULL;
	struct code_frames *code = NULL;
	__u64 pcs[UNWIND_MAX_FRAMES];
	struct stack_key key = { .pcs = pcs,
				 .source = STACK_SNAPSHOT,
				 .caller = scripts_hash(snapshot) };
	struct unwound unwound;
	int err = unwind_in_process(symbols, tgid, snapshot, &making.image, &code, &unwound);

	if (err) {
		code_frames_free(code);
		return err;
	}
	for (unsigned int i = 0; i < unwound.count; i++)
		pcs[i] = unwound.frames[i].pc;
	key.count = unwound.count;
	if (!code)
		scripts = scripts_name(symbols->images, making.image, tgid, snapshot);
	err = name_snapshot(&making, &unwound, snapshot, &key, scripts, code, ret_stack);
	script_frames_free(scripts);
	code_frames_free(code);
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
	if (image && making_begin(&making, symbols->images, image, count)) {
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

	file = image_file(making->images, making->image, mapping, &bias);
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
		struct frame *frame = making_add(making);

		if (!frame || !frame_copy(frame, &stack->frames[from]))
			return false;
	}
	return true;
}

/* A runtime has named its own code when the stack was unwound, which no map names now. */
static bool keeps_its_name(const struct making *making, const struct frame *frame)
{
	return frame->function && frame->module && !strcmp(frame->module, FRAME_JIT) &&
	       !image_jit_name(making->images, making->image, frame->pc - !frame->exact);
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
	if (!making_begin(&making, symbols->images, image, stack->count))
		return -ENOMEM;
	image_refresh_names(symbols->images, image);
	for (unsigned int i = 0; i < stack->count; i++) {
		const struct frame *frame = &stack->frames[i];

		if (frame->inlined && i + 1 < stack->count)
			continue;
		if (is_still_there(&making, frame) && !keeps_its_name(&making, frame)) {
			making_add_code(&making, frame->pc,
					frame->exact ? frame->pc : frame->pc - 1, frame->source);
		} else if (!keep_frames(&making, stack, first, i)) {
			stack_unref(making.stack);
			return -ENOMEM;
		}
		if (!first && making.stack->count)
			making_end_first(&making);
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
