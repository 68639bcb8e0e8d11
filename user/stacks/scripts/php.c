/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * PHP. A process has one word that leads to the innermost frame (executor_globals), and each frame
 * has the address of its caller's. A frame has its function, and the instruction where it stands.
 *
 * Formats: Zend/zend_compile.h and Zend/zend_types.h. Where builds for threads (ZTS) have that word
 * no symbol says, so those are an unknown version.
 */
#include <gelf.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "stacks/scripts/language.h"
#include "stacks/scripts/php_offsets.h"

#define WORD sizeof(__u64)
#define IS_STRING 6
#define STRING_TEXT 24
#define INTERNAL_FUNCTION 1
#define USER_FUNCTION 2
#define EVAL_CODE 4
#define INTERNAL_CLASS 1
#define USER_CLASS 2
#define CALL_CODE (1U << 16) /* the frame of a file or of eval, not of a function */
#define CALL_TOP (1U << 17)  /* C has called the interpreter for it */
#define HANDLE_EXCEPTION 149 /* the instruction of a frame that an exception has left */

/*
 * What is kept of a frame: itself and what its function says, in place of words that are not
 * needed. A closure is freed when it has returned, so its function cannot be asked later. But the
 * text of its name and of its file stays, as its instructions do.
 */
enum kept {
	KEPT_INSTRUCTION = 0, /* where it is, */
	KEPT_LINE = 48,	      /* and its line, opcode and types of operands: 8 bytes */
	KEPT_NAME = 8,
	KEPT_CLASS = 16,
	KEPT_FILE = 32,
	KEPT_TYPE = 56, /* of the function */
	KEPT = 64,
};

struct php {
	const struct php_offsets *offsets;
	struct memory *memory;
};

/* ---- Which version ---- */

static const struct php_offsets *find_php_version(unsigned int major, unsigned int minor)
{
	for (size_t i = 0; i < sizeof(php_offsets) / sizeof(php_offsets[0]); i++)
		if (php_offsets[i].major == major && php_offsets[i].minor == minor)
			return &php_offsets[i];
	return NULL;
}

static const struct php_offsets *find_php_api(__u32 api)
{
	for (size_t i = 0; i < sizeof(php_offsets) / sizeof(php_offsets[0]); i++)
		if (php_offsets[i].api == api)
			return &php_offsets[i];
	return NULL;
}

/*
 * Each module says for which version it was built, and no other is loaded. The first one that is
 * registered is a part of PHP. Not known: before it is, and of builds for threads or for debugging.
 */
static const struct php_offsets *php_offsets_of(struct interpreter *interpreter)
{
	struct {
		__u16 size;
		__u32 api;
		__u8 is_debug, has_threads;
	} module;
	__u64 registry, bucket, address;

	if (!interpreter_address(interpreter, "module_registry", &registry) ||
	    !memory_word(interpreter->memory, registry + 16, &bucket) ||
	    !memory_word(interpreter->memory, bucket, &address) ||
	    !memory_read(interpreter->memory, address, &module, sizeof(module)) ||
	    module.is_debug || module.has_threads)
		return NULL;
	return find_php_api(module.api);
}

static struct script_piece piece_of_code(const struct php_offsets *offsets, __s32 at, size_t len,
					 enum kept to)
{
	return (struct script_piece){
		.at = at, .from = (__u8)offsets->frame_code, .to = (__u8)to, .len = (__u8)len
	};
}

static bool php_recipe(struct interpreter *interpreter, struct script_recipe *ret_recipe)
{
	const struct php_offsets *offsets = php_offsets_of(interpreter);
	struct script_recipe found = { .find = SCRIPT_BY_WORD };

	if (!offsets || !interpreter_symbol(interpreter, "executor_globals", &found.start))
		return false;
	found.start += offsets->globals_frame;
	found.near_len = KEPT_TYPE;
	found.far_mask = found.next_mask = ~0ULL;
	found.next = (__u8)offsets->frame_previous;
	found.far_from = KEPT_INSTRUCTION;
	found.far_at = offsets->instruction_line;
	found.far_len = WORD;
	found.far_to = KEPT_LINE;
	/* by their address: one read has them all */
	found.more[0] = piece_of_code(offsets, 0, WORD, KEPT_TYPE);
	found.more[1] = piece_of_code(offsets, offsets->code_name, 2 * WORD, KEPT_NAME);
	found.more[2] = piece_of_code(offsets, offsets->code_file, WORD, KEPT_FILE);
	found.record = KEPT;
	found.kind = SCRIPT_KIND(SCRIPT_PHP, offsets->major, offsets->minor);
	*ret_recipe = found;
	return true;
}

static bool new_php(const struct php_offsets *offsets, void **ret_state)
{
	struct php *php = calloc(1, sizeof(*php));

	if (!php)
		return false;
	php->offsets = offsets;
	*ret_state = php;
	return true;
}

static bool php_begin(struct interpreter *interpreter, __u32 kind, void **ret_state)
{
	const struct php_offsets *offsets = php_offsets_of(interpreter);

	return offsets && kind == SCRIPT_KIND(SCRIPT_PHP, offsets->major, offsets->minor) &&
	       new_php(offsets, ret_state);
}

static bool php_begin_version(__u32 kind, const __u64 types[SCRIPT_TYPES], void **ret_state)
{
	const struct php_offsets *offsets = find_php_version(kind >> 8 & 0xff, kind & 0xff);

	(void)types;
	return offsets && new_php(offsets, ret_state);
}

/* ---- Names ---- */

static __u64 php_word(const unsigned char *bytes, size_t at)
{
	__u64 word;

	memcpy(&word, bytes + at, sizeof(word));
	return word;
}

static __u32 php_half_word(const unsigned char *bytes, size_t at)
{
	__u32 word;

	memcpy(&word, bytes + at, sizeof(word));
	return word;
}

/*
 * A zend_string behind what `text` already has. The name of a class without one goes on behind a
 * NUL, with its place. False: it is not a string.
 */
static bool append_php_string(struct php *php, __u64 address, char text[SCRIPT_NAME_MAX])
{
	size_t at = strlen(text), room = SCRIPT_NAME_MAX - 1 - at;
	unsigned char head[STRING_TEXT];
	__u64 len;

	if (address & 7 || !memory_read(php->memory, address, head, sizeof(head)) ||
	    (php_half_word(head, 4) & 15) != IS_STRING)
		return false;
	len = php_word(head, 16);
	if (len > 1 << 20)
		return false;
	if (len > room)
		len = room;
	if (len && !memory_read(php->memory, address + STRING_TEXT, text + at, len))
		return false;
	text[at + len] = '\0';
	return true;
}

/*
 * Since 8.4 the name of a closure has the function around it and its line, or outside functions its
 * file and its line: "{closure:send():41}", "{closure:/srv/app/run.php:7}", and closures in
 * closures go on so. Lines and folders would make the name another one with each version of the
 * program.
 */
static void shorten_closures(char *name)
{
	static const char begin[] = "{closure";
	char *at = strstr(name, begin), *last = at;

	while (last && (at = strchr(at, ':'))) {
		size_t digits = strspn(at + 1, "0123456789");
		char *rest = at + 1 + digits;

		if (!digits || *rest != '}') {
			at++;
			continue;
		}
		if (at[-1] != ')' && at[-1] != '}') {
			for (char *next = last; next && next < at; next = strstr(next + 1, begin))
				last = next;
			at = last + sizeof(begin) - 1;
		}
		memmove(at, rest, strlen(rest) + 1);
	}
}

/* The name of a function, with its class: "Mailer::send". */
static bool read_php_name(struct php *php, const unsigned char *record,
			  char ret_name[SCRIPT_NAME_MAX])
{
	__u64 class = php_word(record, KEPT_CLASS);
	unsigned char head[16];

	ret_name[0] = '\0';
	if (class) {
		if (class & 7 || !memory_read(php->memory, class, head, sizeof(head)) ||
		    (head[0] != INTERNAL_CLASS && head[0] != USER_CLASS) ||
		    !append_php_string(php, php_word(head, php->offsets->class_name), ret_name))
			return false;
		if (strlen(ret_name) + 2 < SCRIPT_NAME_MAX)
			strcat(ret_name, "::");
	}
	if (!append_php_string(php, php_word(record, KEPT_NAME), ret_name))
		return false;
	shorten_closures(ret_name);
	return true;
}

/* ---- Frames ---- */

/*
 * The line of a frame's instruction, which must still be as it was at the call: the functions of
 * the next request may be where those of this one have been. 0: the frame stands nowhere, for an
 * exception has left it.
 */
static bool read_php_line(struct php *php, const unsigned char *record, unsigned int *ret_line)
{
	__u64 at = php_word(record, KEPT_INSTRUCTION), now;
	__u32 line = php_half_word(record, KEPT_LINE);

	if (record[KEPT_LINE + 4] == HANDLE_EXCEPTION)
		return true;
	if (at & 7 || !memory_word(php->memory, at + php->offsets->instruction_line, &now) ||
	    now != php_word(record, KEPT_LINE))
		return false;
	*ret_line = line <= INT32_MAX ? line : 0;
	return true;
}

/* A frame that executes a script. */
static bool name_script(struct php *php, const unsigned char *record, struct script_name *ret)
{
	__u32 flags = php_half_word(record, php->offsets->frame_flags);
	bool is_known = read_php_line(php, record, &ret->line) &&
			append_php_string(php, php_word(record, KEPT_FILE), ret->file);
	const char *code;

	if (!(flags & CALL_CODE))
		return is_known && read_php_name(php, record, ret->function);
	code = record[KEPT_TYPE] == EVAL_CODE ? "eval" : flags & CALL_TOP ? "{main}" : "include";
	snprintf(ret->function, sizeof(ret->function), "%s", code);
	if (is_known)
		return true;
	/* it is freed when it has run; the frame says what it was */
	ret->file[0] = '\0';
	ret->line = 0;
	return strcmp(code, "{main}") != 0;
}

static bool php_name(void *state, struct memory *memory, const unsigned char *record, size_t len,
		     struct script_name *ret)
{
	struct php *php = state;
	const struct php_offsets *offsets = php->offsets;

	php->memory = memory;
	if (len < KEPT)
		return false;
	ret->is_entry = php_half_word(record, offsets->frame_flags) & CALL_TOP;
	/* a generator that delegates to others has one such frame for all of them */
	ret->is_hidden = !php_word(record, offsets->frame_code);
	if (ret->is_hidden)
		return true;
	if (record[KEPT_TYPE] == USER_FUNCTION || record[KEPT_TYPE] == EVAL_CODE)
		return name_script(php, record, ret);
	if (record[KEPT_TYPE] != INTERNAL_FUNCTION)
		return false;
	ret->is_native = true;
	/* the first frame of a fiber */
	ret->is_hidden = !php_word(record, KEPT_NAME);
	return ret->is_hidden || read_php_name(php, record, ret->function);
}

const struct language language_php = {
	.id = SCRIPT_PHP,
	.module = "[php]",
	.symbol = "executor_globals",
	.evaluator = "execute_ex",
	.recipe = php_recipe,
	.begin = php_begin,
	.begin_version = php_begin_version,
	.name = php_name,
};
