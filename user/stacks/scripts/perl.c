/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Perl. Each thread has its interpreter, in thread-local storage or, before 5.36, behind a
 * thread-specific key. That has a list of stacks of contexts, one for each call of Perl by C; the
 * contexts of a stack stand one behind the other. One of a sub has the sub, and the statement that
 * has called it. So the line of a frame is in the context of the frame inside it, and that of the
 * innermost one is the interpreter's own.
 *
 * Formats: cop.h, cv.h, gv.h, hv.h and intrpvar.h of Perl.
 */
#include <gelf.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "stacks/scripts/language.h"
#include "stacks/scripts/perl_offsets.h"

#define WORD 8

/* A stack of contexts (PERL_SI), a context, and a statement (COP): the same since 5.32. */
#define STACK_FIRST 8
#define STACK_OUTER 16
#define STACK_LAST 32
#define CONTEXT_SIZE 104
#define CONTEXT_COP 16
#define STATEMENT_LINE 32 /* the word with its opcode and its line */
#define STATEMENT_FILE 48
#define OPCODE_MASK 0x1ff

/* Kinds of contexts, in the low 4 bits of the first byte, and what is said of them. */
#define CONTEXT_SUB 9
#define CONTEXT_FORMAT 10
#define CONTEXT_EVAL 11
#define EVAL_BLOCK 0x40 /* of CONTEXT_EVAL */
#define SUB_FAKE 0x80	/* of CONTEXT_SUB: code in a pattern */

/* Scalars, globs, hashes and subs begin alike: their body, their flags and one word more. */
#define TYPE_MASK 0xff
#define TYPE_GLOB 9
#define TYPE_HASH 12
#define TYPE_SUB 13
#define HASH_HAS_MORE 0x02000000
#define HASH_MAX 24
#define NAMES_COUNT 28
#define GLOB_NAME 32 /* of the body: the name, then the package */
#define GLOB_EFFECTIVE 56
#define SUB_PACKAGE 32
#define SUB_GLOB 56
#define SUB_BODY 96
#define SUB_NAMED 0x8000 /* it has a name in place of a glob */
#define SUB_LEXICAL 0x10000

/*
 * What is kept of a context: most of it from the statement to the sub, and what these lead to, in
 * place of words that are not needed. A closure may be freed when it has returned.
 */
enum kept {
	KEPT_STATEMENT = 0,
	KEPT_KIND = 8,
	KEPT_LINE = 16,
	KEPT_FILE = 24,
	KEPT_RETURN = 32, /* the instruction to go on with; 0 = C has called the interpreter */
	KEPT_BODY = 40,
	KEPT_GLOB = 40,
	KEPT_SUB = 56,
	KEPT = 64,
};

struct perl {
	const struct perl_offsets *offsets;
	struct memory *memory;
	const unsigned char *records; /* of the stack, */
	size_t len;		      /* and their bytes */
	bool is_cut;
};

/* ---- Which version ---- */

static const struct perl_offsets *find_perl_version(unsigned int minor)
{
	for (size_t i = 0; i < sizeof(perl_offsets) / sizeof(perl_offsets[0]); i++)
		if (perl_offsets[i].minor == minor)
			return &perl_offsets[i];
	return NULL;
}

static const struct perl_offsets *perl_offsets_of(struct interpreter *interpreter)
{
	__u64 address;
	__u8 minor;

	if (!interpreter_address(interpreter, "PL_version", &address) ||
	    !memory_read(interpreter->memory, address, &minor, sizeof(minor)))
		return NULL;
	return find_perl_version(minor);
}

/* ---- The recipe ---- */

/* glibc's struct pthread has the values of the first keys since 2.3; each has 16 bytes. */
#define GLIBC_KEY_VALUES 0x318

static bool find_perl(struct interpreter *interpreter, struct script_recipe *recipe)
{
	if (interpreter_thread_word(interpreter, "PL_current_context", recipe))
		return true;
	if (interpreter->is_musl || !interpreter_symbol(interpreter, "PL_thr_key", &recipe->start))
		return false;
	recipe->find = SCRIPT_BY_KEY;
	recipe->storage = GLIBC_KEY_VALUES;
	recipe->storage_step = 16;
	return true;
}

static bool perl_recipe(struct interpreter *interpreter, struct script_recipe *ret_recipe)
{
	const struct perl_offsets *offsets = perl_offsets_of(interpreter);
	struct script_recipe found = { 0 };

	if (!offsets || !find_perl(interpreter, &found))
		return false;
	found.path[found.n_path++] = offsets->stack_info;
	found.next_segment = STACK_OUTER;
	found.first_frame = STACK_FIRST;
	found.last_frame = STACK_LAST;
	found.stride = -CONTEXT_SIZE;
	found.head = offsets->current_cop - CONTEXT_COP;
	found.near_at = CONTEXT_COP;
	found.near_len = KEPT;
	found.far_len = WORD;
	found.far_to = KEPT_KIND;
	found.kind_at = KEPT_KIND;
	found.kinds = 1 << CONTEXT_SUB | 1 << CONTEXT_FORMAT | 1 << CONTEXT_EVAL;
	found.more[0] = (struct script_piece){ STATEMENT_LINE, KEPT_STATEMENT, KEPT_LINE, WORD, 0 };
	found.more[1] = (struct script_piece){ STATEMENT_FILE, KEPT_STATEMENT, KEPT_FILE, WORD, 0 };
	found.more[2] = (struct script_piece){ 0, KEPT_SUB, KEPT_BODY, WORD, 0 };
	found.more[3] = (struct script_piece){ SUB_GLOB, KEPT_BODY, KEPT_GLOB, WORD, 0 };
	found.head_more = 2; /* it is in no sub */
	found.record = KEPT;
	found.kind = SCRIPT_KIND(SCRIPT_PERL, 5, offsets->minor);
	*ret_recipe = found;
	return true;
}

static bool new_perl(const struct perl_offsets *offsets, void **ret_state)
{
	struct perl *perl = calloc(1, sizeof(*perl));

	if (!perl)
		return false;
	perl->offsets = offsets;
	*ret_state = perl;
	return true;
}

static bool perl_begin(struct interpreter *interpreter, __u32 kind, void **ret_state)
{
	const struct perl_offsets *offsets = perl_offsets_of(interpreter);

	return offsets && kind == SCRIPT_KIND(SCRIPT_PERL, 5, offsets->minor) &&
	       new_perl(offsets, ret_state);
}

static bool perl_begin_version(__u32 kind, const __u64 types[SCRIPT_TYPES], void **ret_state)
{
	const struct perl_offsets *offsets = find_perl_version(kind & 0xff);

	(void)types;
	return offsets && new_perl(offsets, ret_state);
}

/* ---- Text ---- */

static __u64 perl_word(const unsigned char *bytes, size_t at)
{
	__u64 word;

	memcpy(&word, bytes + at, sizeof(word));
	return word;
}

static __s32 perl_int(const unsigned char *bytes, size_t at)
{
	__s32 number;

	memcpy(&number, bytes + at, sizeof(number));
	return number;
}

/* A text of C. It may end right before memory that cannot be read. */
static bool read_c_text(struct memory *memory, __u64 address, char ret_text[SCRIPT_NAME_MAX])
{
	size_t at = 0;

	while (at < SCRIPT_NAME_MAX - 1) {
		size_t piece = 64 - (address + at) % 64; /* of one page */

		if (piece > SCRIPT_NAME_MAX - 1 - at)
			piece = SCRIPT_NAME_MAX - 1 - at;
		if (!memory_read(memory, address + at, ret_text + at, piece))
			return false;
		if (memchr(ret_text + at, '\0', piece))
			return *ret_text;
		at += piece;
	}
	ret_text[at] = '\0';
	return true;
}

/* Behind what `text` has. Without `is_utf8` each byte is a character. */
static void append_characters(char text[SCRIPT_NAME_MAX], const unsigned char *from, size_t len,
			      bool is_utf8)
{
	size_t at = strlen(text);

	for (size_t i = 0; i < len && from[i] && at + 2 < SCRIPT_NAME_MAX; i++) {
		if (is_utf8 || from[i] < 0x80) {
			text[at++] = (char)from[i];
		} else {
			text[at++] = (char)(0xc0 | from[i] >> 6);
			text[at++] = (char)(0x80 | (from[i] & 0x3f));
		}
	}
	text[at] = '\0';
}

/* A key of a hash (HEK), which names are. Behind its text stand a NUL and its flags. */
static bool append_key(struct perl *perl, __u64 address, char text[SCRIPT_NAME_MAX])
{
	unsigned char head[8], key[SCRIPT_NAME_MAX], flags;
	__s32 len;

	if (address & 3 || !memory_read(perl->memory, address, head, sizeof(head)))
		return false;
	len = perl_int(head, 4);
	if (len <= 0 || len > 1 << 20 ||
	    !memory_read(perl->memory, address + 8 + (__u64)len + 1, &flags, sizeof(flags)))
		return false;
	if (len > SCRIPT_NAME_MAX)
		len = SCRIPT_NAME_MAX;
	if (!memory_read(perl->memory, address + 8, key, (size_t)len))
		return false;
	append_characters(text, key, (size_t)len, flags & 1);
	return true;
}

/* ---- Objects ---- */

struct perl_object {
	__u64 body;
	__u32 references, flags;
	__u64 more;
};

static bool read_perl_object(struct perl *perl, __u64 address, unsigned int type,
			     struct perl_object *ret)
{
	return !(address & 7) && memory_read(perl->memory, address, ret, sizeof(*ret)) &&
	       (ret->flags & TYPE_MASK) == type && !(ret->body & 7);
}

/* Where a hash has what only some have, such as a package its name. */
static bool find_more(struct perl *perl, const struct perl_object *hash, __u64 *ret_address)
{
	__u64 max;

	if (!(hash->flags & HASH_HAS_MORE))
		return false;
	if (perl->offsets->hash_more) {
		*ret_address = hash->body + perl->offsets->hash_more;
		return true;
	}
	if (!memory_word(perl->memory, hash->body + HASH_MAX, &max) || max > 1 << 24)
		return false;
	*ret_address = hash->more + (max + 1) * WORD;
	return true;
}

static bool append_package(struct perl *perl, __u64 address, char text[SCRIPT_NAME_MAX])
{
	struct perl_object package;
	unsigned char more[NAMES_COUNT + 4];
	__u64 at, name;

	if (!read_perl_object(perl, address, TYPE_HASH, &package) ||
	    !find_more(perl, &package, &at) || at & 7 ||
	    !memory_read(perl->memory, at, more, sizeof(more)))
		return false;
	name = perl_word(more, 0);
	/* a package that was moved has an array of names */
	if (perl_int(more, NAMES_COUNT) && !memory_word(perl->memory, name, &name))
		return false;
	if (!append_key(perl, name, text))
		return false;
	append_characters(text, (const unsigned char *)"::", 2, true);
	return true;
}

/* "Package::name" of a glob: of the one that it was a copy of, if it was. */
static bool append_glob(struct perl *perl, __u64 address, char text[SCRIPT_NAME_MAX])
{
	struct perl_object glob, effective;
	__u64 other, names[2];

	if (!read_perl_object(perl, address, TYPE_GLOB, &glob))
		return false;
	if (!(glob.more & 7) && memory_word(perl->memory, glob.more + GLOB_EFFECTIVE, &other) &&
	    read_perl_object(perl, other, TYPE_GLOB, &effective))
		glob = effective;
	return memory_read(perl->memory, glob.body + GLOB_NAME, names, sizeof(names)) &&
	       append_package(perl, names[1], text) && append_key(perl, names[0], text);
}

/*
 * The name of a sub. A glob that it had at the call has its name, be the sub freed or another one
 * by now. A name in place of a glob is believed of a sub alone that still has it.
 */
static bool append_sub(struct perl *perl, const unsigned char *record, char text[SCRIPT_NAME_MAX])
{
	__u64 kept = perl_word(record, KEPT_GLOB);
	unsigned char body[SUB_BODY];
	struct perl_object sub;
	__s32 flags;

	if (append_glob(perl, kept, text))
		return true;
	*text = '\0';
	if (!read_perl_object(perl, perl_word(record, KEPT_SUB), TYPE_SUB, &sub) ||
	    !memory_read(perl->memory, sub.body, body, sizeof(body)))
		return false;
	flags = perl_int(body, SUB_BODY - 4);
	return flags & SUB_NAMED && perl_word(body, SUB_GLOB) == kept &&
	       (flags & SUB_LEXICAL || append_package(perl, perl_word(body, SUB_PACKAGE), text)) &&
	       append_key(perl, kept, text);
}

/* ---- Frames ---- */

static void perl_stack(void *state, const unsigned char *records, size_t record, size_t len,
		       bool is_cut)
{
	struct perl *perl = state;

	perl->records = records;
	perl->len = len - len % record;
	perl->is_cut = is_cut;
}

/* A block in a function is not a function: eval {} and try {}, and code in a pattern. */
static bool is_block(const unsigned char *record)
{
	switch (record[KEPT_KIND] & 15) {
	case CONTEXT_EVAL:
		return record[KEPT_KIND] & EVAL_BLOCK;
	case CONTEXT_SUB:
		return record[KEPT_KIND] & SUB_FAKE;
	}
	return false;
}

/* The context of the function in which the statement of this one is. NULL = the main program. */
static const unsigned char *context_around(const struct perl *perl, const unsigned char *record)
{
	const unsigned char *end = perl->records + perl->len;

	for (const unsigned char *next = record + KEPT; next + KEPT <= end; next += KEPT)
		if (!is_block(next))
			return next;
	return NULL;
}

/* The texts that eval compiles are numbered; those numbers are others in each process. */
static void forget_number(char *file)
{
	static const char *const texts[] = { "(eval ", "(re_eval " };

	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
		size_t len = strlen(texts[i]);

		if (strncmp(file, texts[i], len) != 0)
			continue;
		file[len - 1] = ')';
		file[len] = '\0';
		return;
	}
}

/* The file and the line of a statement, which must still be as it was at the call. */
static bool read_statement(struct perl *perl, const unsigned char *record, struct script_name *ret)
{
	__u64 address = perl_word(record, KEPT_STATEMENT), now, file;
	unsigned int opcode = perl_word(record, KEPT_LINE) & OPCODE_MASK;
	__s32 line = perl_int(record, KEPT_LINE + 4);

	if (opcode && opcode != perl->offsets->nextstate && opcode != perl->offsets->dbstate)
		return false;
	if (address & 7 || !memory_word(perl->memory, address + STATEMENT_LINE, &now) ||
	    !memory_word(perl->memory, address + STATEMENT_FILE, &file) ||
	    now != perl_word(record, KEPT_LINE) || file != perl_word(record, KEPT_FILE) ||
	    !read_c_text(perl->memory, file, ret->file))
		return false;
	forget_number(ret->file);
	ret->line = line > 0 ? (unsigned int)line : 0;
	return true;
}

static bool read_sub_name(struct perl *perl, const unsigned char *context,
			  char ret_name[SCRIPT_NAME_MAX])
{
	unsigned int opcode;

	if (!context) {
		snprintf(ret_name, SCRIPT_NAME_MAX, "(main)");
		return !perl->is_cut;
	}
	if ((context[KEPT_KIND] & 15) != CONTEXT_EVAL)
		return append_sub(perl, context, ret_name);
	/* the operator, and below it 7 bits of the state before */
	opcode = (unsigned int)(perl_word(context, KEPT_KIND) >> 16 & 0xffff) >> 7;
	snprintf(ret_name, SCRIPT_NAME_MAX,
		 opcode == perl->offsets->entereval ? "(eval)" : "(require)");
	return true;
}

/* Is it of a text or a file? Their statements are freed when they have run; the context says so. */
static bool is_outside_subs(const unsigned char *context)
{
	return context && (context[KEPT_KIND] & 15) == CONTEXT_EVAL;
}

static bool perl_name(void *state, struct memory *memory, const unsigned char *record, size_t len,
		      struct script_name *ret)
{
	struct perl *perl = state;
	const unsigned char *around;

	perl->memory = memory;
	if (len < KEPT)
		return false;
	/* the first one is not a context, but has the statement that is executed */
	ret->is_hidden = record != perl->records && is_block(record);
	if (ret->is_hidden)
		return true;
	around = context_around(perl, record);
	ret->is_entry = !around || !perl_word(around, KEPT_RETURN);
	if (!read_statement(perl, record, ret)) {
		if (!is_outside_subs(around))
			return false;
		ret->file[0] = '\0';
	}
	ret->has_file = *ret->file; /* a closure is freed before its statements are */
	return read_sub_name(perl, around, ret->function);
}

const struct language language_perl = {
	.id = SCRIPT_PERL,
	.module = "[perl]",
	.symbol = "PL_version",
	.evaluator = "Perl_runops_standard",
	.recipe = perl_recipe,
	.begin = perl_begin,
	.begin_version = perl_begin_version,
	.stack = perl_stack,
	.name = perl_name,
};
