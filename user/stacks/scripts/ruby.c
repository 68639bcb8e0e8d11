/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * CRuby. Each thread has an execution context, and that has the frames, one behind the other at the
 * upper end of the thread's VM stack. A frame has its instruction sequence, and where it stands in
 * there; or, if its method is in C, that method's entry.
 *
 * Formats: iseq.c and vm_core.h of CRuby (the table of lines is a succinct index: iseq.c,
 * succ_index_lookup()).
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "stacks/scripts/language.h"
#include "stacks/scripts/ruby_context.h"
#include "stacks/scripts/ruby_labels.h"
#include "stacks/scripts/ruby_objects.h"
#include "stacks/scripts/ruby_offsets.h"

#define WORD RUBY_WORD
#define FRAME_FINISH 0x20 /* C has called the interpreter for it */
#define FRAME_KIND 0x7fff0001
#define FRAME_OF_C 0x55550001  /* a method in C */
#define FRAME_DUMMY 0x79990001 /* a thread begins with it */

/*
 * What is kept of a frame: pc, sp and iseq, and since 3.4 self and the address of its environment;
 * then what that has at -2, -1 and 0.
 */
#define KEPT_FAR 24

static size_t kept_far(const struct ruby_offsets *offsets)
{
	return offsets->class_name ? offsets->frame_ep + WORD : KEPT_FAR;
}

static size_t kept_bytes(const struct ruby_offsets *offsets)
{
	return kept_far(offsets) + sizeof(struct ruby_environment);
}

/* ---- Which version ---- */

static const struct ruby_offsets *find_ruby(unsigned int major, unsigned int minor)
{
	for (size_t i = 0; i < sizeof(ruby_offsets) / sizeof(ruby_offsets[0]); i++)
		if (ruby_offsets[i].major == major && ruby_offsets[i].minor == minor)
			return &ruby_offsets[i];
	return NULL;
}

static const struct ruby_offsets *ruby_offsets_of(struct interpreter *interpreter)
{
	unsigned int major, minor;
	__u64 address;
	char version[6] = "";

	if (!interpreter_address(interpreter, "ruby_version", &address) ||
	    !memory_read(interpreter->memory, address, version, sizeof(version) - 1) ||
	    sscanf(version, "%1u.%1u.", &major, &minor) != 2)
		return NULL;
	return find_ruby(major, minor);
}

static bool ruby_recipe(struct interpreter *interpreter, struct script_recipe *ret_recipe)
{
	const struct ruby_offsets *offsets = ruby_offsets_of(interpreter);
	struct script_recipe found = { 0 };

	if (!offsets || !ruby_find_context(interpreter, offsets, &found))
		return false;
	found.path[found.n_path++] = offsets->ec_frame;
	found.end_base = offsets->ec_stack;
	found.end_words = offsets->ec_words;
	found.stride = offsets->frame_size;
	found.near_len = offsets->frame_ep + WORD;
	found.far_from = offsets->frame_ep;
	found.far_at = -2 * (__s32)WORD;
	found.far_len = 3 * WORD;
	found.far_to = (__u8)kept_far(offsets);
	found.record = (__u8)kept_bytes(offsets);
	found.far_mask = ~0ULL;
	found.kind = SCRIPT_KIND(SCRIPT_RUBY, offsets->major, offsets->minor);
	*ret_recipe = found;
	return true;
}

static bool new_ruby(const struct ruby_offsets *offsets, __u64 symbols, void **ret_state)
{
	struct ruby *ruby = calloc(1, sizeof(*ruby));

	if (!ruby)
		return false;
	ruby->offsets = offsets;
	ruby->symbols = symbols;
	*ret_state = ruby;
	return true;
}

static bool ruby_begin(struct interpreter *interpreter, __u32 kind, void **ret_state)
{
	const struct ruby_offsets *offsets = ruby_offsets_of(interpreter);

	return offsets && kind == SCRIPT_KIND(SCRIPT_RUBY, offsets->major, offsets->minor) &&
	       new_ruby(offsets, ruby_find_symbols(interpreter, offsets), ret_state);
}

static bool ruby_begin_version(__u32 kind, const __u64 types[SCRIPT_TYPES], void **ret_state)
{
	const struct ruby_offsets *offsets = find_ruby(kind >> 8 & 0xff, kind & 0xff);

	return offsets && new_ruby(offsets, types[0], ret_state);
}

/* ---- Pieces of what was read ---- */

static __u64 word_of(const unsigned char *bytes, size_t at)
{
	__u64 word;

	memcpy(&word, bytes + at, sizeof(word));
	return word;
}

/* A path, or an array of it and of its real path. */
static bool read_path(struct ruby *ruby, __u64 address, char ret_text[SCRIPT_NAME_MAX])
{
	ruby_element(ruby, address, 0, &address);
	return ruby_string(ruby, address, ret_text);
}

/* ---- Lines ---- */

/* Positions below that have their rank in 7 bits each, 9 in a word; blocks of 512 follow. */
#define IMMEDIATE 54
#define IMMEDIATE_BYTES 48
#define BLOCK 512
#define BLOCK_BYTES 80

/* How many entries begin at or before a position. 0: not known. */
static __u32 rank_of(struct ruby *ruby, __u64 index, __u32 position)
{
	__u64 word, block[BLOCK_BYTES / WORD];
	__u32 bit, small, rank;

	if (position < IMMEDIATE)
		return memory_word(ruby->memory, index + position / 9 * WORD, &word) ?
			       word >> position % 9 * 7 & 0x7f :
			       0;
	position -= IMMEDIATE;
	index += IMMEDIATE_BYTES + (__u64)(position / BLOCK) * BLOCK_BYTES;
	if (index & 7 || !memory_read(ruby->memory, index, block, sizeof(block)))
		return 0;
	bit = position % BLOCK;
	small = bit / 64;
	rank = (__u32)block[0];
	if (small)
		rank += block[1] >> (small - 1) * 9 & 0x1ff;
	return rank + (__u32)__builtin_popcountll(block[2 + small] << (63 - bit % 64));
}

static unsigned int read_ruby_line(struct ruby *ruby, const unsigned char *body, __u64 pc)
{
	const struct ruby_offsets *offsets = ruby->offsets;
	__u64 code = word_of(body, offsets->body_code), position = (pc - code) / WORD;
	__u32 size, count, entry = 1;
	__s32 line;

	memcpy(&size, body + offsets->body_code_size, sizeof(size));
	memcpy(&count, body + offsets->body_line_count, sizeof(count));
	if (pc < code || position > size || !count)
		return 0;
	position -= position > 0; /* it stands behind the instruction */
	if (count > 1)
		entry = rank_of(ruby, word_of(body, offsets->body_line_index), (__u32)position);
	if (!entry || entry > count ||
	    !memory_read(ruby->memory,
			 word_of(body, offsets->body_lines) +
				 (__u64)(entry - 1) * offsets->line_size,
			 &line, sizeof(line)))
		return 0;
	return line > 0 ? (unsigned int)line : 0;
}

/* ---- Frames ---- */

static void ruby_stack(void *state, const unsigned char *records, size_t record, size_t len,
		       bool is_cut)
{
	struct ruby *ruby = state;

	(void)is_cut;
	ruby->records = records;
	ruby->record = record;
	ruby->records_len = len;
}

static bool name_of_sequence(struct ruby *ruby, __u64 iseq, __u64 pc,
			     const struct ruby_environment *environment, struct script_name *ret)
{
	unsigned char body[RUBY_BODY];

	if (!ruby_body(ruby, iseq, body) ||
	    !read_path(ruby, word_of(body, ruby->offsets->body_path), ret->file))
		return false;
	ret->hides_next = ruby_is_clause(ruby, body);
	ret->line = read_ruby_line(ruby, body, pc);
	return ruby_label(ruby, environment, iseq, body, ret->function);
}

static bool ruby_name(void *state, struct memory *memory, const unsigned char *record, size_t len,
		      struct script_name *ret)
{
	struct ruby *ruby = state;
	struct ruby_environment environment;
	__u64 pc, iseq;

	ruby->memory = memory;
	if (len < kept_bytes(ruby->offsets))
		return false;
	pc = word_of(record, ruby->offsets->frame_pc);
	iseq = word_of(record, ruby->offsets->frame_iseq);
	memcpy(&environment, record + kept_far(ruby->offsets), sizeof(environment));
	ret->is_entry = environment.flags & FRAME_FINISH;
	ret->is_native = !iseq && (environment.flags & FRAME_KIND) == FRAME_OF_C && ruby->symbols;
	if (ret->is_native)
		return ruby_label_of_c(ruby, &environment, ret->function);
	/* A block in C, or what the interpreter begins with. */
	ret->is_hidden = !iseq || !pc || (environment.flags & FRAME_KIND) == FRAME_DUMMY;
	return ret->is_hidden || name_of_sequence(ruby, iseq, pc, &environment, ret);
}

const struct language language_ruby = {
	.id = SCRIPT_RUBY,
	.module = "[ruby]",
	.symbol = "ruby_version",
	.evaluator = "rb_vm_exec",
	.recipe = ruby_recipe,
	.begin = ruby_begin,
	.begin_version = ruby_begin_version,
	.stack = ruby_stack,
	.name = ruby_name,
};
