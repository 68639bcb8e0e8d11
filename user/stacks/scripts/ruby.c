/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * CRuby. Each thread has its execution context in thread-local storage (ruby_current_ec), and that
 * has the frames, one behind the other at the upper end of the thread's VM stack. A frame has its
 * instruction sequence, and where it stands in there.
 *
 * Formats: iseq.c and vm_core.h of CRuby (the table of lines is a succinct index: iseq.c,
 * succ_index_lookup()), include/ruby/internal/core/rstring.h.
 */
#include <gelf.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "stacks/scripts/language.h"
#include "stacks/scripts/ruby_offsets.h"

#define WORD sizeof(__u64)
#define BODY_SIZE 160 /* bytes of an instruction sequence's body that have what is read of it */
#define TYPE_MASK 0x1f
#define T_STRING 5
#define T_ARRAY 7
#define T_IMEMO 26
#define IMEMO_ISEQ 7
#define IMEMO_SHIFT 12
#define NOEMBED (1U << 13) /* a string or, as a bit that says the reverse, an array */
#define FRAME_FINISH 0x20  /* C has called the interpreter for it */
#define FRAME_KIND 0x7fff0001
#define FRAME_DUMMY 0x79990001 /* a thread begins with it */

/* What is kept of a frame: pc, sp and iseq; then what its environment has at -2, -1 and 0. */
#define KEPT_FAR 24
#define KEPT 48
#define KEPT_FLAGS 40

struct ruby {
	const struct ruby_offsets *offsets;
	struct memory *memory;
};

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

/* ruby_current_ec of the executable itself: the linker has put it at a distance from the pointer.
 */
static bool find_in_executable(struct interpreter *interpreter, struct script_recipe *recipe)
{
	GElf_Phdr header;
	__u64 value;

	if (!interpreter_symbol(interpreter, "ruby_current_ec", &value) ||
	    !interpreter_header(interpreter, PT_TLS, &header))
		return false;
	recipe->find = SCRIPT_BY_THREAD;
	/* variant II: the block ends at the thread pointer ("ELF Handling For TLS", 3) */
	recipe->storage =
		(__s64)value - (__s64)((header.p_memsz + header.p_align - 1) & -header.p_align);
	return true;
}

/* That of a library: its module's number is in a word that the dynamic linker fills. */
static bool find_in_library(struct interpreter *interpreter, struct script_recipe *recipe)
{
	__u64 value;

	if (!interpreter_symbol(interpreter, "ruby_current_ec", &value) ||
	    !interpreter_module_word(interpreter, "ruby_current_ec", &recipe->start))
		return false;
	recipe->find = SCRIPT_BY_MODULE;
	recipe->storage = (__s64)value;
	recipe->storage_step = interpreter->is_musl ? 8 : 16;
	return true;
}

static bool ruby_recipe(struct interpreter *interpreter, struct script_recipe *ret_recipe)
{
	const struct ruby_offsets *offsets = ruby_offsets_of(interpreter);
	struct script_recipe found = { 0 };

	if (!offsets || !(interpreter->is_library ? find_in_library(interpreter, &found) :
						    find_in_executable(interpreter, &found)))
		return false;
	found.path[found.n_path++] = offsets->ec_frame;
	found.end_base = offsets->ec_stack;
	found.end_words = offsets->ec_words;
	found.stride = offsets->frame_size;
	found.near_len = offsets->frame_ep + WORD;
	found.far_from = offsets->frame_ep;
	found.far_at = -2 * (__s32)WORD;
	found.far_len = 3 * WORD;
	found.far_to = KEPT_FAR;
	found.record = KEPT;
	found.far_mask = ~0ULL;
	found.kind = SCRIPT_KIND(SCRIPT_RUBY, offsets->major, offsets->minor);
	*ret_recipe = found;
	return true;
}

static bool new_ruby(const struct ruby_offsets *offsets, void **ret_state)
{
	struct ruby *ruby = calloc(1, sizeof(*ruby));

	if (!ruby)
		return false;
	ruby->offsets = offsets;
	*ret_state = ruby;
	return true;
}

static bool ruby_begin(struct interpreter *interpreter, __u32 kind, void **ret_state)
{
	const struct ruby_offsets *offsets = ruby_offsets_of(interpreter);

	return offsets && kind == SCRIPT_KIND(SCRIPT_RUBY, offsets->major, offsets->minor) &&
	       new_ruby(offsets, ret_state);
}

static bool ruby_begin_version(__u32 kind, const __u64 types[SCRIPT_TYPES], void **ret_state)
{
	const struct ruby_offsets *offsets = find_ruby(kind >> 8 & 0xff, kind & 0xff);

	(void)types;
	return offsets && new_ruby(offsets, ret_state);
}

/* ---- Objects ---- */

static __u64 word_of(const unsigned char *bytes, size_t at)
{
	__u64 word;

	memcpy(&word, bytes + at, sizeof(word));
	return word;
}

/* Read the first words of an object of a type. False: it is no such object. */
static bool read_object(struct ruby *ruby, __u64 address, unsigned int type, __u64 words[4])
{
	return !(address & 7) && memory_read(ruby->memory, address, words, 4 * WORD) &&
	       (words[0] & TYPE_MASK) == type;
}

/* A string; "" if it is empty. False: it is no string. */
static bool read_ruby_string(struct ruby *ruby, __u64 address, char ret_text[SCRIPT_NAME_MAX])
{
	__u64 words[4], len, from;

	if (!read_object(ruby, address, T_STRING, words))
		return false;
	if (words[0] & NOEMBED) {
		len = words[2];
		from = words[3];
	} else {
		len = words[0] >> 14 & 0x1f;
		from = address + 2 * WORD;
	}
	if (len > 1 << 20)
		return false;
	if (len >= SCRIPT_NAME_MAX)
		len = SCRIPT_NAME_MAX - 1;
	ret_text[len] = '\0';
	return !len || memory_read(ruby->memory, from, ret_text, len);
}

/* A path, or an array of it and of its real path, which is embedded. */
static bool read_path(struct ruby *ruby, __u64 address, char ret_text[SCRIPT_NAME_MAX])
{
	__u64 words[4];

	if (read_object(ruby, address, T_ARRAY, words))
		address = words[2];
	return read_ruby_string(ruby, address, ret_text);
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

static bool ruby_name(void *state, struct memory *memory, const unsigned char *record, size_t len,
		      struct script_name *ret)
{
	struct ruby *ruby = state;
	const struct ruby_offsets *offsets = ruby->offsets;
	__u64 pc, iseq, flags, words[4], body_address;
	unsigned char body[BODY_SIZE];

	ruby->memory = memory;
	if (len < KEPT)
		return false;
	pc = word_of(record, offsets->frame_pc);
	iseq = word_of(record, offsets->frame_iseq);
	flags = word_of(record, KEPT_FLAGS);
	ret->is_entry = flags & FRAME_FINISH;
	/* A method in C, whose native frames stand there; or what the interpreter begins with. */
	ret->is_hidden = !iseq || !pc || (flags & FRAME_KIND) == FRAME_DUMMY;
	if (ret->is_hidden)
		return true;
	if (!read_object(ruby, iseq, T_IMEMO, words) ||
	    (words[0] >> IMEMO_SHIFT & 0xf) != IMEMO_ISEQ)
		return false;
	body_address = words[offsets->iseq_body / WORD];
	if (body_address & 7 || !memory_read(memory, body_address, body, sizeof(body)))
		return false;
	if (!read_ruby_string(ruby, word_of(body, offsets->body_label), ret->function) ||
	    !read_path(ruby, word_of(body, offsets->body_path), ret->file))
		return false;
	ret->line = read_ruby_line(ruby, body, pc);
	return true;
}

const struct language language_ruby = {
	.id = SCRIPT_RUBY,
	.module = "[ruby]",
	.symbol = "ruby_current_vm_ptr",
	.evaluator = "rb_vm_exec",
	.recipe = ruby_recipe,
	.begin = ruby_begin,
	.begin_version = ruby_begin_version,
	.name = ruby_name,
};
