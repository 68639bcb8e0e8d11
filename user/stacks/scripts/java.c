/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Java, as HotSpot executes it (OpenJDK 8 and later). All its code is in the code cache, in blobs:
 * the interpreter is one, each method that is compiled is another. A frame of the interpreter has
 * the method and its bytecode at fixed places; a compiled one has a fixed size, and its blob says
 * which methods, with all that is inlined, are executed at each call.
 *
 * Formats: codeCache.cpp, heap.cpp (the map of segments), codeBlob.hpp, nmethod.hpp, pcDesc.hpp,
 * scopeDesc.cpp, frame_x86.hpp of HotSpot.
 */
#include <stdlib.h>
#include <string.h>

#include "stacks/scripts/java.h"
#include "stacks/scripts/java_method.h"
#include "stacks/scripts/language.h"

#define WORD sizeof(__u64)
#define SEGMENT_FREE 0xff   /* in the map of segments */
#define MAX_HOPS 4096	    /* to the first segment of a blob: 254 segments each */
#define BLOB_BYTES 512	    /* of a blob's header that are read */
#define MAX_CODE (64 << 20) /* bytes of a blob */
#define MAX_FRAME 65536	    /* words of a frame */
#define MAX_INLINED 64	    /* methods that are executed at one address */
#define MAX_DESCRIPTORS (1 << 20)
#define BLOB_NAME 64
#define PAGE 4096

/* In a frame of the interpreter, from its frame pointer (frame_x86.hpp). */
#define INTERPRETED_SENDER (-1 * 8)
#define INTERPRETED_METHOD (-3 * 8)

/* One blob of code. */
struct blob {
	__u64 at, code, code_end;
	__s32 frame_words;
	char name[BLOB_NAME];
	unsigned char bytes[BLOB_BYTES];
};

/* ---- The code cache ---- */

static bool read_heap(const struct java_layout *layout, struct memory *memory, __u64 at,
		      struct java_heap *heap)
{
	__u64 space = at + (__u64)layout->heap_memory;

	return at && memory_word(memory, space + (__u64)layout->space_low, &heap->low) &&
	       memory_word(memory, space + (__u64)layout->space_high, &heap->high) &&
	       memory_word(memory, at + (__u64)layout->heap_segments + (__u64)layout->space_low,
			   &heap->segments) &&
	       memory_read(memory, at + (__u64)layout->heap_log2_segment, &heap->log2,
			   sizeof(heap->log2)) &&
	       heap->log2 > 0 && heap->log2 < 20 && heap->low < heap->high;
}

/* False: the machine has none yet, or they are not what they should be. */
static bool read_heaps(struct java *java, struct memory *memory)
{
	const struct java_layout *layout = &java->layout;
	__u64 array, data, heap;
	__u32 count;

	if (!layout->code_heaps) {
		java->count = 1;
		return memory_word(memory, layout->code_heap, &heap) &&
		       read_heap(layout, memory, heap, &java->heaps[0]);
	}
	if (!memory_word(memory, layout->code_heaps, &array) || !array ||
	    !memory_read(memory, array + (__u64)layout->array_length, &count, sizeof(count)) ||
	    !memory_word(memory, array + (__u64)layout->array_data, &data) || !count ||
	    count > JAVA_HEAPS)
		return false;
	for (__u32 i = 0; i < count; i++)
		if (!memory_word(memory, data + i * WORD, &heap) ||
		    !read_heap(layout, memory, heap, &java->heaps[i]))
			return false;
	java->count = count;
	return true;
}

/* Where the block begins that has an address; 0 = none does. */
static __u64 find_block(const struct java *java, struct memory *memory, __u64 address)
{
	const struct java_heap *heap = NULL;
	unsigned char back, used;
	__u64 segment, block;

	for (unsigned int i = 0; i < java->count; i++)
		if (address >= java->heaps[i].low && address < java->heaps[i].high)
			heap = &java->heaps[i];
	if (!heap)
		return 0;
	segment = (address - heap->low) >> heap->log2;
	for (unsigned int hops = 0; hops < MAX_HOPS; hops++) {
		if (!memory_read(memory, heap->segments + segment, &back, 1) ||
		    back == SEGMENT_FREE || back > segment)
			return 0;
		if (back) {
			segment -= back;
			continue;
		}
		block = heap->low + (segment << heap->log2);
		if (!memory_read(memory, block + (__u64)java->layout.block_used, &used, 1) || !used)
			return 0;
		return block + (__u64)java->layout.block_size;
	}
	return 0;
}

static __u64 blob_word(const struct blob *blob, __s32 offset)
{
	__u64 word;

	memcpy(&word, blob->bytes + offset, sizeof(word));
	return word;
}

static __s32 blob_number(const struct blob *blob, __s32 offset)
{
	__s32 number;

	memcpy(&number, blob->bytes + offset, sizeof(number));
	return number;
}

/* A text of any length, the beginning of it; the next page may not be there. */
static bool read_blob_name(struct memory *memory, __u64 address, char ret_name[BLOB_NAME])
{
	size_t len = PAGE - (address & (PAGE - 1));

	memset(ret_name, 0, BLOB_NAME);
	if (len > BLOB_NAME - 1)
		len = BLOB_NAME - 1;
	if (!memory_read(memory, address, ret_name, len))
		return false;
	if (!memchr(ret_name, '\0', len) && len < BLOB_NAME - 1)
		memory_read(memory, address + len, ret_name + len, BLOB_NAME - 1 - len);
	return true;
}

/* The blob that has a return address. */
static bool find_blob(const struct java *java, struct memory *memory, __u64 pc, struct blob *blob)
{
	const struct java_layout *layout = &java->layout;
	__s32 size;

	blob->at = find_block(java, memory, pc - 1);
	if (!blob->at || blob->at & 7 ||
	    !memory_read(memory, blob->at, blob->bytes, sizeof(blob->bytes)))
		return false;
	size = blob_number(blob, layout->blob_size);
	if (layout->blob_code_begin != JAVA_NONE && layout->blob_code_end != JAVA_NONE) {
		blob->code = blob_word(blob, layout->blob_code_begin);
		blob->code_end = blob_word(blob, layout->blob_code_end);
	} else {
		blob->code = blob->at + (__u64)blob_number(blob, layout->blob_code_offset);
		blob->code_end = blob->at + (__u64)blob_number(blob, layout->blob_data_offset);
	}
	blob->frame_words = blob_number(blob, layout->blob_frame_size);
	return size > 0 && size <= MAX_CODE && blob->code >= blob->at &&
	       blob->code_end <= blob->at + (__u64)size && pc > blob->code &&
	       pc <= blob->code_end &&
	       read_blob_name(memory, blob_word(blob, layout->blob_name), blob->name);
}

/* ---- Methods ---- */

static void add_method(const struct java *java, const struct code_stack *stack, __u64 address,
		       __u64 bytecode, __s32 index)
{
	struct java_method method;
	struct script_name name;

	memset(&name, 0, sizeof(name));
	if (!java_method_read(&java->layout, stack->memory, address, &method)) {
		stack->add(NULL, false, stack->ctx);
		return;
	}
	if (bytecode && !method.is_native) {
		index = java_method_index(&method, bytecode);
		if (index == JAVA_NO_BYTECODE) {
			stack->add(NULL, false, stack->ctx);
			return;
		}
	}
	stack->add(java_method_name(&method, index, &name) ? &name : NULL, false, stack->ctx);
}

/* A frame of the interpreter; its stack pointer may be anywhere. */
static enum code_step step_interpreted(const struct java *java, const struct code_stack *stack,
				       struct code_registers *registers)
{
	__u64 fp = registers->fp, method, bytecode;
	struct code_registers caller;

	if (fp & 7 || !stack->read(fp, &caller.fp, stack->ctx) ||
	    !stack->read(fp + WORD, &caller.pc, stack->ctx) ||
	    !stack->read(fp + (__u64)INTERPRETED_SENDER, &caller.sp, stack->ctx) ||
	    !stack->read(fp + (__u64)INTERPRETED_METHOD, &method, stack->ctx) ||
	    !stack->read(fp + (__u64)java->layout.bytecode, &bytecode, stack->ctx))
		return CODE_LOST;
	/* Where the caller stood. A call by a method handle takes an argument away after that. */
	if (caller.sp <= fp)
		return CODE_LOST;
	add_method(java, stack, method, bytecode ?: 1, JAVA_NO_BYTECODE);
	*registers = caller;
	return CODE_CALLER;
}

/* ---- Compiled code ---- */

/* Where a compiled method has what describes it. */
struct compiled {
	__u64 metadata, scopes, descriptors;
	__u32 count; /* descriptors */
};

/*
 * The methods that it refers to: in the blob until JDK 22, in its data until 24, where the number
 * of bytes has 16 bits, and since 25 behind what else may change.
 */
static __u64 find_metadata(const struct java_layout *layout, const struct blob *blob)
{
	__s32 at = layout->compiled_metadata;

	if (at == JAVA_NONE)
		return blob_word(blob, layout->blob_mutable_data) +
		       (__u32)blob_number(blob, layout->blob_relocation_size);
	if (layout->compiled_immutable == JAVA_NONE)
		return blob->at + (__u32)blob_number(blob, at);
	return blob->at + (__u32)blob_number(blob, layout->blob_data_offset) +
	       (__u16)blob_number(blob, at);
}

static bool find_compiled(const struct java_layout *layout, const struct blob *blob,
			  struct compiled *ret)
{
	__u64 base = blob->at, pcs = (__u32)blob_number(blob, layout->compiled_pcs), end;

	if (layout->compiled_immutable != JAVA_NONE)
		base = blob_word(blob, layout->compiled_immutable);
	if (layout->compiled_scopes_begin != JAVA_NONE)
		ret->scopes = blob_word(blob, layout->compiled_scopes_begin);
	else
		ret->scopes = base + (__u32)blob_number(blob, layout->compiled_scopes);
	if (layout->compiled_pcs_end != JAVA_NONE && base == blob->at)
		end = (__u32)blob_number(blob, layout->compiled_pcs_end);
	else
		end = (__u32)blob_number(blob, layout->compiled_scopes);
	ret->metadata = find_metadata(layout, blob);
	ret->descriptors = base + pcs;
	if (end < pcs)
		return false;
	ret->count = (__u32)((end - pcs) / (__u32)layout->pc_size);
	return ret->count <= MAX_DESCRIPTORS;
}

/* The scope at a return address, by the sorted descriptors of calls. False: there is none. */
static bool find_scope(const struct java_layout *layout, struct memory *memory,
		       const struct compiled *compiled, __s32 offset, __u32 *ret_scope)
{
	__u32 from = 0, to = compiled->count;

	while (from < to) {
		__u32 middle = from + (to - from) / 2;
		__u64 at = compiled->descriptors + (__u64)middle * (__u32)layout->pc_size;
		__s32 here;

		if (!memory_read(memory, at + (__u64)layout->pc_offset, &here, sizeof(here)))
			return false;
		if (here == offset)
			return memory_read(memory, at + (__u64)layout->pc_scope, ret_scope,
					   sizeof(*ret_scope));
		if (here < offset)
			from = middle + 1;
		else
			to = middle;
	}
	return false;
}

/*
 * The methods that are executed at a scope, the innermost first: each has the number of its
 * caller's scope (0: it is the outermost), its own number among the metadata, and its bytecode's
 * index and 1. False: nothing is known of any.
 */
static bool add_scopes(const struct java *java, const struct code_stack *stack,
		       const struct compiled *compiled, __u32 scope)
{
	for (unsigned int i = 0; i < MAX_INLINED && scope; i++) {
		struct java_stream stream = { .memory = stack->memory,
					      .at = compiled->scopes + scope,
					      .end = compiled->scopes + scope + 15,
					      .excludes_zero = java->layout.excludes_zero };
		__u32 sender = java_stream_number(&stream), number = java_stream_number(&stream);
		__s32 index = (__s32)java_stream_number(&stream) - 1;
		__u64 method;

		if (stream.failed || !number || number > MAX_DESCRIPTORS ||
		    !memory_word(stack->memory, compiled->metadata + (number - 1) * WORD, &method))
			return i;
		add_method(java, stack, method, 0, index);
		if (sender >= scope)
			break; /* scopes are written from the outermost to the innermost */
		scope = sender;
	}
	return true;
}

/*
 * A frame that is to be given up returns to a handler, and has the address that it stood at in a
 * word of its own.
 */
static __u64 true_pc(const struct java_layout *layout, const struct code_stack *stack,
		     const struct blob *blob, const struct code_registers *registers)
{
	__u64 handler = 0, other = 0, pc = registers->pc, word;

	if (layout->compiled_deopt_begin != JAVA_NONE)
		handler = blob_word(blob, layout->compiled_deopt_begin);
	else if (layout->compiled_deopt != JAVA_NONE)
		handler = blob->at + (__u64)blob_number(blob, layout->compiled_deopt);
	if (layout->compiled_deopt_mh_begin != JAVA_NONE)
		other = blob_word(blob, layout->compiled_deopt_mh_begin);
	else if (layout->compiled_deopt_mh != JAVA_NONE)
		other = blob->at + (__u64)blob_number(blob, layout->compiled_deopt_mh);
	if ((pc == handler || pc == other) &&
	    stack->read(registers->sp + (__u64)blob_number(blob, layout->compiled_orig_pc), &word,
			stack->ctx) &&
	    word > blob->code && word <= blob->code_end)
		return word;
	return pc;
}

static void add_compiled(const struct java *java, const struct code_stack *stack,
			 const struct blob *blob, const struct code_registers *registers)
{
	const struct java_layout *layout = &java->layout;
	__u64 pc = true_pc(layout, stack, blob, registers);
	struct compiled compiled;
	__u32 scope;

	if (find_compiled(layout, blob, &compiled) &&
	    find_scope(layout, stack->memory, &compiled, (__s32)(pc - blob->code), &scope) &&
	    add_scopes(java, stack, &compiled, scope))
		return;
	/* a native method has no scopes */
	add_method(java, stack, blob_word(blob, layout->compiled_method), 0, JAVA_NO_BYTECODE);
}

static enum code_step step_compiled(const struct code_stack *stack, const struct blob *blob,
				    struct code_registers *registers)
{
	struct code_registers caller;

	if (blob->frame_words < 2 || blob->frame_words > MAX_FRAME)
		return CODE_BY_POINTER;
	caller.sp = registers->sp + (__u64)blob->frame_words * WORD;
	if (caller.sp & 7 || !stack->read(caller.sp - WORD, &caller.pc, stack->ctx) ||
	    !stack->read(caller.sp - 2 * WORD, &caller.fp, stack->ctx))
		return CODE_LOST;
	*registers = caller;
	return CODE_CALLER;
}

/* The runtime's own code: its name, and nothing else. */
static void add_stub(const struct code_stack *stack, const struct blob *blob)
{
	struct script_name name;

	memset(&name, 0, sizeof(name));
	memcpy(name.function, blob->name, sizeof(blob->name));
	stack->add(&name, true, stack->ctx);
}

/*
 * A virtual thread that has waited comes back with its innermost frames alone. Those further out
 * stay in an object of the heap until the last of these returns, to code that fetches them.
 */
static bool is_return_barrier(const struct blob *blob)
{
	static const char name[] = "StubRoutines (continuation"; /* stubs, with a blank or none */

	return !strncmp(blob->name, name, sizeof(name) - 1);
}

static enum code_step java_step(void *state, const struct code_stack *stack,
				struct code_registers *registers)
{
	const struct java *java = state;
	struct blob blob;

	if (!find_blob(java, stack->memory, registers->pc, &blob))
		return CODE_FOREIGN;
	if (!strcmp(blob.name, "Interpreter"))
		return step_interpreted(java, stack, registers);
	if (!strcmp(blob.name, "nmethod") || !strcmp(blob.name, "native nmethod"))
		add_compiled(java, stack, &blob, registers);
	else
		add_stub(stack, &blob);
	if (is_return_barrier(&blob))
		return CODE_SWITCHED;
	return step_compiled(stack, &blob, registers);
}

/* ---- The language ---- */

static bool java_recipe(struct interpreter *interpreter, struct script_recipe *ret_recipe)
{
	struct java_layout layout;

	if (!java_layout_read(interpreter, &layout))
		return false;
	*ret_recipe = (struct script_recipe){ .find = SCRIPT_IN_STACK,
					      .kind = SCRIPT_KIND(SCRIPT_JAVA, 0, 0) };
	return true;
}

static bool java_begin(struct interpreter *interpreter, __u32 kind, void **ret_state)
{
	struct java *java = calloc(1, sizeof(*java));

	(void)kind;
	if (java && java_layout_read(interpreter, &java->layout) &&
	    read_heaps(java, interpreter->memory)) {
		*ret_state = java;
		return true;
	}
	free(java);
	return false;
}

const struct language language_java = {
	.id = SCRIPT_JAVA,
	.module = "[java]",
	.symbol = "gHotSpotVMStructs",
	.recipe = java_recipe,
	.begin = java_begin,
	.step = java_step,
};
