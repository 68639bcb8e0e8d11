/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * JavaScript, as V8 executes it in Node. All its code keeps frame pointers: the interpreter's
 * frames, those of both kinds of compiled code, and those of V8's own functions. A frame has its
 * closure at a fixed place. But a closure is young, and moves with the next collection: long before
 * anybody looks. So the kernel's side takes along, of each frame, what all closures of the function
 * share, which is old and rarely moves, and what that refers to: if it still does so later, it is
 * still the same.
 *
 * Formats: frame-constants.h, frame-constants-x64.h and frames.h of V8.
 */
#include <stdlib.h>
#include <string.h>

#include "stacks/scripts/javascript/javascript.h"

#define WORD 8

#define KEPT_AT(member) ((__u8)offsetof(struct kept_frame, member))

/*
 * Types of frames, as a small integer that has no more bits than these: C++ calls JavaScript there.
 * The frame has the frame pointer at which JavaScript had called C++ before.
 */
#define ENTRY_MAX 4
#define ENTRY_NEXT (-8 * WORD)

/* ---- The recipe ---- */

/* glibc's struct pthread has the values of the first keys since 2.3; each has 16 bytes. */
#define GLIBC_KEY_VALUES 0x318

static bool find_isolate(struct interpreter *interpreter, struct script_recipe *recipe)
{
	if (interpreter_thread_word(interpreter, "_ZN2v88internal18g_current_isolate_E", recipe))
		return true;
	if (interpreter->is_musl ||
	    !interpreter_symbol(interpreter, "_ZN2v88internal7Isolate12isolate_key_E",
				&recipe->start))
		return false;
	recipe->find = SCRIPT_BY_KEY;
	recipe->storage = GLIBC_KEY_VALUES;
	recipe->storage_step = 16;
	return true;
}

static bool javascript_recipe(struct interpreter *interpreter, struct script_recipe *ret_recipe)
{
	struct script_recipe found = { 0 };
	struct v8_layout layout;

	if (!v8_layout_read(interpreter, &layout) || !find_isolate(interpreter, &found))
		return false;
	found.path[found.n_path++] = layout.c_entry_fp;
	found.near_at = layout.fp_offset;
	found.near_len = sizeof(struct kept_frame);
	found.far_at = found.near_at; /* there is no second piece */
	found.far_len = 2 * WORD;
	found.next = KEPT_AT(fp);
	found.next_mask = ~0ULL;
	found.stride = WORD; /* outer frames are above */
	found.leap_at = ENTRY_NEXT;
	found.leap_from = KEPT_AT(context);
	found.leap_max = ENTRY_MAX;
	found.more[0] = (struct script_piece){ layout.function_shared - V8_TAG, KEPT_AT(shared),
					       KEPT_AT(shared), WORD, 0 };
	found.more[1] = (struct script_piece){ layout.shared_name - V8_TAG, KEPT_AT(shared),
					       KEPT_AT(scope), WORD, 0 };
	found.record = sizeof(struct kept_frame);
	found.kind = SCRIPT_KIND(SCRIPT_JAVASCRIPT, layout.version->major, layout.version->minor);
	*ret_recipe = found;
	return true;
}

static bool javascript_begin(struct interpreter *interpreter, __u32 kind, void **ret_state)
{
	struct javascript *javascript = calloc(1, sizeof(*javascript));

	if (javascript && v8_layout_read(interpreter, &javascript->layout) &&
	    kind == SCRIPT_KIND(SCRIPT_JAVASCRIPT, javascript->layout.version->major,
				javascript->layout.version->minor)) {
		*ret_state = javascript;
		return true;
	}
	free(javascript);
	return false;
}

/* ---- Frames ---- */

static void javascript_stack(void *state, const unsigned char *records, size_t record, size_t len,
			     bool is_cut)
{
	struct javascript *javascript = state;

	(void)is_cut;
	javascript->records = records;
	javascript->len = record == sizeof(struct kept_frame) ? len : 0;
	javascript->lines.count = 0;
	javascript->pc = 0;
}

static bool is_entry_frame(const struct kept_frame *kept)
{
	return kept->context - 1 < ENTRY_MAX;
}

/*
 * What was kept of a frame. Each has the frame pointer of its caller, and where that goes on; so a
 * frame is known by the one that was kept before it. False: nothing was.
 */
static bool find_kept(const struct javascript *javascript, const struct code_registers *registers,
		      struct kept_frame *ret)
{
	struct kept_frame inner, kept;

	for (size_t at = 0; at + 2 * sizeof(kept) <= javascript->len; at += sizeof(kept)) {
		memcpy(&inner, javascript->records + at, sizeof(inner));
		if (inner.fp != registers->fp || inner.pc != registers->pc ||
		    is_entry_frame(&inner))
			continue;
		memcpy(&kept, javascript->records + at + sizeof(kept), sizeof(kept));
		*ret = kept;
		return true;
	}
	return false;
}

/*
 * Where a frame of the interpreter stands; V8_NO_OFFSET: it is none. A loop that was compiled while
 * it ran has taken over a frame of the interpreter, with what that had there.
 */
static __s32 interpreted_offset(const struct v8_heap *heap, bool is_interpreter,
				const struct v8_function *function, const struct kept_frame *kept)
{
	__s32 offset;

	if (!is_interpreter || !function->bytecode || function->bytecode != kept->bytecode ||
	    !v8_small(kept->offset, &offset) || offset < heap->layout->bytecode_data - V8_TAG)
		return V8_NO_OFFSET;
	return offset - heap->layout->bytecode_data + V8_TAG;
}

/* Tell one function, or that there is one. */
static void add_named(struct javascript *javascript, const struct code_stack *stack,
		      const struct v8_function *function, __s32 offset)
{
	const struct v8_heap heap = { &javascript->layout, stack->memory };
	struct script_name name;

	memset(&name, 0, sizeof(name));
	if (function && v8_function_name(&heap, function, offset, &javascript->lines, &name))
		stack->add(&name, false, stack->ctx);
	else
		stack->add(NULL, false, stack->ctx);
}

/* The code at an address, and what it executes if it is optimized. False: there is none. */
static bool look_at_code(struct javascript *javascript, const struct v8_heap *heap, __u64 pc)
{
	if (javascript->pc == pc)
		return javascript->code.object;
	javascript->pc = pc;
	javascript->inlined = 0;
	if (!v8_code_find(heap, pc, &javascript->code))
		javascript->code.object = 0;
	else if (v8_code_is_optimized(heap, &javascript->code))
		javascript->inlined =
			v8_code_inlined(heap, &javascript->code, pc, javascript->list);
	return javascript->code.object;
}

/*
 * Is an address in the interpreter's code? That is in the program's file; but with
 * --interpreted-frames-native-stack each function has a copy of it.
 */
static bool is_interpreter(struct javascript *javascript, const struct code_stack *stack, __u64 pc)
{
	const struct v8_heap heap = { &javascript->layout, stack->memory };

	return stack->is_in_file || (look_at_code(javascript, &heap, pc) &&
				     v8_code_is_builtin(&heap, &javascript->code));
}

/*
 * The functions that optimized code executes. The outermost one is that of the frame: else other
 * code has come to this address.
 */
static bool add_inlined(struct javascript *javascript, const struct code_stack *stack,
			const struct v8_function *outermost)
{
	const struct v8_heap heap = { &javascript->layout, stack->memory };
	const struct v8_inlined *list = javascript->list;
	unsigned int count = javascript->inlined;

	if (!count || list[0].shared != outermost->shared)
		return false;
	while (count--) {
		struct v8_function function;
		bool is_one = v8_function_read(&heap, list[count].shared, &function);

		add_named(javascript, stack, is_one ? &function : NULL, list[count].offset);
	}
	return true;
}

/* The functions that a frame executes, which has a closure of this function. */
static void add_executed(struct javascript *javascript, const struct code_stack *stack,
			 const struct kept_frame *kept, const struct v8_function *function,
			 __u64 pc)
{
	const struct v8_heap heap = { &javascript->layout, stack->memory };
	bool interpreter = is_interpreter(javascript, stack, pc);
	__s32 offset = interpreted_offset(&heap, interpreter, function, kept);

	if (offset < 0 && !function->is_builtin) {
		bool is_there = look_at_code(javascript, &heap, pc);

		if (is_there && v8_code_is_baseline(&heap, &javascript->code))
			offset = v8_code_offset(&heap, &javascript->code, function->bytecode, pc);
		else if (is_there && add_inlined(javascript, stack, function))
			return;
		else /* what is inlined is not known: it may be any number of functions */
			stack->add(NULL, false, stack->ctx);
	}
	add_named(javascript, stack, function, offset);
}

static void add_kept(struct javascript *javascript, const struct code_stack *stack,
		     const struct kept_frame *kept, __u64 pc)
{
	const struct v8_heap heap = { &javascript->layout, stack->memory };
	struct v8_function function;

	if (v8_function_read(&heap, kept->shared, &function) && function.scope == kept->scope)
		add_executed(javascript, stack, kept, &function, pc);
	else
		stack->add(NULL, false, stack->ctx);
}

static enum code_step javascript_step(void *state, const struct code_stack *stack,
				      struct code_registers *registers)
{
	struct javascript *javascript = state;
	struct kept_frame kept;

	if (!find_kept(javascript, registers, &kept))
		return CODE_FOREIGN;
	if (v8_is_pointer(kept.context))
		add_kept(javascript, stack, &kept, registers->pc);
	registers->sp = registers->fp + 2 * WORD;
	registers->fp = kept.fp;
	registers->pc = kept.pc;
	return CODE_CALLER;
}

const struct language language_javascript = {
	.id = SCRIPT_JAVASCRIPT,
	.module = "[javascript]",
	.symbol = "_ZN2v88internal7Version6major_E",
	.recipe = javascript_recipe,
	.begin = javascript_begin,
	.stack = javascript_stack,
	.step = javascript_step,
};
