/* SPDX-License-Identifier: BSD-2-Clause */
#include "stacks/stack.h"

#include <stdlib.h>
#include <string.h>

#include "lib/hash.h"

#define STRINGS 5   /* of a frame */
#define LOOK_BACK 8 /* frames; stacks go to and fro between a few files */

/* By stack_charge(). The last owner of a stack frees it, and does not know the limit. */
static size_t held;

struct stack *stack_new(unsigned int count)
{
	struct stack *stack;

	stack = calloc(1, sizeof(*stack) + (size_t)count * sizeof(stack->frames[0]));
	if (!stack)
		return NULL;
	stack->refs = 1;
	stack->count = count;
	return stack;
}

bool stack_reserve(struct stack **stack, unsigned int count)
{
	const struct stack *old = *stack;
	struct stack *larger = stack_new(count);

	if (!larger)
		return false;
	memcpy(larger, old, sizeof(*old) + (size_t)old->count * sizeof(old->frames[0]));
	free(*stack);
	*stack = larger;
	return true;
}

struct stack *stack_ref(struct stack *stack)
{
	if (stack)
		stack->refs++;
	return stack;
}

/* The strings of a frame, one after the other. */
static char **frame_string(const struct frame *frame, unsigned int which)
{
	static const size_t offsets[] = {
		offsetof(struct frame, module),	  offsetof(struct frame, build_id),
		offsetof(struct frame, function), offsetof(struct frame, file),
		offsetof(struct frame, local_to),
	};

	_Static_assert(sizeof(offsets) / sizeof(offsets[0]) == STRINGS, "all of them");
	return (char **)((char *)frame + offsets[which]);
}

void stack_unref(struct stack *stack)
{
	if (!stack || --stack->refs)
		return;
	for (unsigned int i = 0; i < stack->count && !stack->packed; i++)
		for (unsigned int which = 0; which < STRINGS; which++)
			free(*frame_string(&stack->frames[i], which));
	free(stack->package);
	held -= stack->charged;
	free(stack);
}

static size_t string_bytes(const char *string)
{
	return string ? strlen(string) : 0;
}

bool stack_names_scripts(const struct stack *stack)
{
	for (unsigned int i = 0; i < stack->count; i++)
		if (stack->frames[i].script)
			return true;
	return false;
}

size_t stack_string_bytes(const struct stack *stack)
{
	size_t bytes = 0;

	for (unsigned int i = 0; i < stack->count; i++) {
		const struct frame *frame = &stack->frames[i];

		for (unsigned int which = 0; which < STRINGS; which++)
			bytes += string_bytes(*frame_string(frame, which));
	}
	return bytes;
}

size_t stack_bytes(const struct stack *stack)
{
	if (stack->packed)
		return sizeof(*stack) + stack->count * sizeof(stack->frames[0]) + stack->packed;
	/* most frames have four strings, each with a NUL and what malloc() takes */
	return sizeof(*stack) + stack->count * (sizeof(stack->frames[0]) + 4 * 2 * sizeof(size_t)) +
	       stack_string_bytes(stack);
}

void stack_charge(struct stack *stack)
{
	held -= stack->charged;
	stack->charged = stack_bytes(stack);
	held += stack->charged;
}

size_t stacks_held(void)
{
	return held;
}

/* NULL stays NULL; false: out of memory. */
static bool copy_string(char **copy, const char *string)
{
	*copy = string ? strdup(string) : NULL;
	return *copy || !string;
}

struct stack *stack_of_addresses(const __u64 *pcs, unsigned int count)
{
	struct stack *stack = stack_new(count);

	for (unsigned int i = 0; stack && i < count; i++)
		stack->frames[i].pc = pcs[i];
	return stack;
}

bool frame_is_socket(const struct frame *frame)
{
	return frame->function &&
	       (!strcmp(frame->function, "socket") || !strcmp(frame->function, "__socket"));
}

bool frame_copy(struct frame *to, const struct frame *from)
{
	bool whole;

	*to = *from;
	whole = copy_string(&to->module, from->module);
	whole &= copy_string(&to->build_id, from->build_id);
	whole &= copy_string(&to->function, from->function);
	whole &= copy_string(&to->file, from->file);
	whole &= copy_string(&to->local_to, from->local_to);
	return whole;
}

static bool same_string(const char *a, const char *b)
{
	return a && b ? !strcmp(a, b) : a == b;
}

/* The frame just before this one that has the same string, the nearest; NULL = none. */
static const struct frame *twin_of(const struct stack *stack, unsigned int i, unsigned int which)
{
	const char *string = *frame_string(&stack->frames[i], which);

	for (unsigned int back = 1; back <= LOOK_BACK && back <= i; back++)
		if (same_string(*frame_string(&stack->frames[i - back], which), string))
			return &stack->frames[i - back];
	return NULL;
}

/*
 * Put the strings of a stack behind the frames of its copy, those of a run of frames once.
 * Returns their bytes; without a copy (NULL) it only counts them.
 */
static size_t pack(const struct stack *stack, struct stack *copy)
{
	char *strings = copy ? (char *)&copy->frames[copy->count] : NULL;
	size_t bytes = 0, len;

	for (unsigned int n = 0; n < stack->count * STRINGS; n++) {
		unsigned int i = n / STRINGS, which = n % STRINGS;
		const char *string = *frame_string(&stack->frames[i], which);
		const struct frame *twin = string ? twin_of(stack, i, which) : NULL;

		if (twin && copy)
			*frame_string(&copy->frames[i], which) =
				*frame_string(&copy->frames[twin - stack->frames], which);
		if (twin || !string)
			continue;
		len = strlen(string) + 1;
		if (copy)
			*frame_string(&copy->frames[i], which) =
				memcpy(strings + bytes, string, len);
		bytes += len;
	}
	return bytes;
}

struct stack *stack_copy(const struct stack *stack)
{
	size_t frames = stack->count * sizeof(stack->frames[0]), strings = pack(stack, NULL);
	struct stack *copy = malloc(sizeof(*copy) + frames + strings);

	if (!copy)
		return NULL;
	memcpy(copy, stack, sizeof(*copy) + frames);
	copy->refs = 1;
	copy->charged = 0;
	copy->packed = strings;
	pack(stack, copy);
	if (copy_string(&copy->package, stack->package))
		return copy;
	stack_unref(copy);
	return NULL;
}

/* By its name. Files of a script may have functions of the same name at the same line. */
static bool same_function(const struct frame *a, const struct frame *b)
{
	return a->line == b->line && a->inlined == b->inlined && a->script == b->script &&
	       same_string(a->function, b->function) &&
	       (!a->script || same_string(a->file, b->file));
}

bool frame_same_place(const struct frame *a, const struct frame *b)
{
	return a->pc == b->pc && same_function(a, b);
}

/* Code in no file has but its name, or else its address. */
bool frame_same_code(const struct frame *a, const struct frame *b)
{
	return a->offset == b->offset && a->kind == b->kind && same_string(a->module, b->module) &&
	       same_function(a, b) && (a->offset || a->function || a->pc == b->pc);
}

static bool same_frame(const struct frame *a, const struct frame *b)
{
	return a->pc == b->pc && a->offset == b->offset && a->line == b->line &&
	       a->source == b->source && a->exact == b->exact && a->inlined == b->inlined &&
	       a->has_debug == b->has_debug && a->trouble == b->trouble && a->kind == b->kind &&
	       a->script == b->script && same_string(a->module, b->module) &&
	       same_string(a->build_id, b->build_id) && same_string(a->function, b->function) &&
	       same_string(a->file, b->file) && same_string(a->local_to, b->local_to);
}

bool stack_equal(const struct stack *a, const struct stack *b)
{
	if (a->source != b->source || a->site != b->site || a->count != b->count ||
	    a->truncated != b->truncated || a->end != b->end)
		return false;
	for (unsigned int i = 0; i < a->count; i++)
		if (!same_frame(&a->frames[i], &b->frames[i]))
			return false;
	return true;
}

/* The lowest byte first whatever the host's order, for ids are compared between hosts. */
static __u64 hash_number(__u64 hash, __u64 number)
{
	unsigned char bytes[8];
	unsigned int i;

	for (i = 0; i < sizeof(bytes); i++)
		bytes[i] = number >> (8 * i);
	return hash_bytes(hash, bytes, sizeof(bytes));
}

__u64 stack_hash(const struct stack *stack)
{
	__u64 hash = hash_number(HASH_BEGIN, stack->site);

	/* enough to tell most from another; names come with the addresses */
	for (unsigned int i = 0; i < stack->count; i++)
		hash = hash_number(hash, stack->frames[i].pc ^ stack->frames[i].line);
	return hash;
}

static const struct {
	const char *name, *phrase;
} ends[STACK_ENDS] = {
	[STACK_END_UNKNOWN] = { NULL, "not known" },
	[STACK_END_OUTERMOST] = { "outermost", "nothing, this is the outermost frame" },
	[STACK_END_NOT_KEPT] = { "not_kept", "not kept" },
	[STACK_END_COPY] = { "copy", "the copy of the stack ended here (--stack-size)" },
	[STACK_END_ASTRAY] = { "unmapped", "unknown, the caller's code is not mapped" },
	[STACK_END_RULES] = { "no_rules", "unknown, this code has neither call frame information "
					  "nor a frame pointer" },
	[STACK_END_FILE] = { "no_file",
			     "unknown, the file of this code cannot be read as a program" },
	[STACK_END_JIT] = { "jit", "unknown, this code was made at run time and keeps no frame "
				   "pointer" },
	[STACK_END_SWITCHED] = { "other_stack", "unknown, the program went on from another stack" },
	[STACK_END_LIMIT] = { "limit", "left out, these are as many frames as are kept" },
};

bool stack_end_truncates(enum stack_end end)
{
	return end > STACK_END_OUTERMOST;
}

void stack_set_end(struct stack *stack, enum stack_end end)
{
	stack->end = end;
	stack->truncated = stack_end_truncates(end);
}

const char *stack_end_name(enum stack_end end)
{
	return end < STACK_ENDS ? ends[end].name : NULL;
}

enum stack_end stack_end_of(const char *name)
{
	enum stack_end end;

	for (end = STACK_ENDS - 1; end > STACK_END_UNKNOWN; end--)
		if (name && !strcmp(ends[end].name, name))
			break;
	return end;
}

const char *stack_end_phrase(enum stack_end end)
{
	return ends[end < STACK_ENDS ? end : STACK_END_UNKNOWN].phrase;
}

const char *stack_source_name(enum stack_source source)
{
	switch (source) {
	case STACK_FP:
		return "fp";
	case STACK_SNAPSHOT:
		return "snapshot";
	case STACK_CALL:
		return "call";
	case STACK_NONE:
		break;
	}
	return NULL;
}

static const struct {
	const char *name, *phrase;
} troubles[TROUBLES] = {
	[TROUBLE_COMPRESSION] = { "zstd", "its debug information is compressed with zstd, which "
					  "this libelf cannot read" },
	[TROUBLE_SPLIT] = { "split",
			    "its debug information is split, and .dwo files are not read" },
	[TROUBLE_SIZE] = { "size", "its debug information is too large when decompressed" },
	[TROUBLE_OVERWRITTEN] = { "overwritten", "the file was overwritten while it was mapped" },
};

const char *frame_trouble_name(enum frame_trouble trouble)
{
	return trouble < TROUBLES ? troubles[trouble].name : NULL;
}

const char *frame_trouble_phrase(enum frame_trouble trouble)
{
	return trouble < TROUBLES ? troubles[trouble].phrase : NULL;
}

const char *frame_source_name(enum frame_source source)
{
	switch (source) {
	case FRAME_REGISTER:
		return "register";
	case FRAME_CFI:
		return "cfi";
	case FRAME_FP:
		return "fp";
	case FRAME_CALLER:
		return "caller";
	case FRAME_RUNTIME:
		return "runtime";
	case FRAME_SCRIPT:
		return "script";
	case FRAME_UNKNOWN:
		break;
	}
	return NULL;
}
