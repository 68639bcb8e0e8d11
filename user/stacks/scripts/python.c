/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * CPython. _PyRuntime has a list of interpreters, each of which has a list of threads; a thread has
 * its frames, one linked to the next. A frame has its code object, and where it stands in there.
 *
 * Format of strings: PEP 393.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "stacks/scripts/language.h"
#include "stacks/scripts/python_lines.h"
#include "stacks/scripts/python_offsets.h"

#define MAX_TABLE (256 * 1024) /* bytes of a table of lines; functions have some hundred */
#define REFERENCES 0	       /* of an object: ob_refcnt, of 32 bits, */
#define FLAGS_FROM_BIT 48      /* since 3.14 with flags above them */
#define TYPE 8		       /* of an object: ob_type */
#define LENGTH 16	       /* of a string, and of bytes: how many */
#define STATE 32	       /* of a string, */
#define STATE_KIND 2	       /* where it has the width of its characters */
#define BYTES 32	       /* of bytes: the first one */
#define UNIT 2		       /* bytes of a unit of instructions */
#define CODE_HEADER 256	       /* bytes of a code object that have what is read of it */

struct python {
	struct python_offsets offsets;
	__u64 code_type, unicode_type, bytes_type;
	unsigned char *table;
};

/* ---- Which version ---- */

/*
 * What is kept of a frame: from its code to the frame before it, in either order; and where it
 * stands, with the byte that says who has called.
 */
static __s32 near_begin(const struct python_offsets *offsets)
{
	return offsets->frame_code < offsets->frame_previous ? offsets->frame_code :
							       offsets->frame_previous;
}

static size_t near_bytes(const struct python_offsets *offsets)
{
	return (size_t)abs(offsets->frame_code - offsets->frame_previous) + 8;
}

static __s32 far_begin(const struct python_offsets *offsets)
{
	return offsets->frame_instruction & ~7;
}

/* As far as the byte that says who has called; at least the word of the instruction and another. */
static size_t far_bytes(const struct python_offsets *offsets)
{
	__s32 owner = offsets->frame_entry - far_begin(offsets);

	return owner < 16 ? 16 : ((size_t)owner + 8) & ~7UL;
}

/* Are these within what is read of each object? A hostile process may say anything. */
static bool offsets_fit(const struct python_offsets *offsets)
{
	const __s16 of_code[] = { offsets->code_first_line, offsets->code_filename,
				  offsets->code_name, offsets->code_lines };

	for (size_t i = 0; i < sizeof(of_code) / sizeof(of_code[0]); i++)
		if (of_code[i] < 0 || of_code[i] > CODE_HEADER - 8)
			return false;
	return near_bytes(offsets) + far_bytes(offsets) <= SCRIPT_RECORD &&
	       !(near_bytes(offsets) & 7) && offsets->frame_entry >= far_begin(offsets);
}

/*
 * Since 3.13 _PyRuntime begins with a table of its own offsets (_Py_DebugOffsets, in
 * pycore_runtime.h, since 3.14 in pycore_debug_offsets.h): words, which are at these places.
 */
#define OWN_COOKIE "xdebugpy"
#define OWN_VERSION 1
#define OWN_FREE_THREADED 2
#define OWN_WORDS 50

static const struct {
	size_t at; /* in struct python_offsets */
	unsigned int in_13, in_14;
} own_offsets[] = {
	{ offsetof(struct python_offsets, runtime_interpreters), 5, 5 },
	{ offsetof(struct python_offsets, interpreter_next), 8, 8 },
	{ offsetof(struct python_offsets, interpreter_threads), 9, 9 },
	{ offsetof(struct python_offsets, thread_next), 21, 24 },
	{ offsetof(struct python_offsets, thread_frame), 23, 26 },
	{ offsetof(struct python_offsets, thread_id), 24, 27 },
	{ offsetof(struct python_offsets, frame_previous), 29, 32 },
	{ offsetof(struct python_offsets, frame_code), 30, 33 },
	{ offsetof(struct python_offsets, frame_instruction), 31, 34 },
	{ offsetof(struct python_offsets, frame_entry), 33, 36 },
	{ offsetof(struct python_offsets, code_filename), 35, 40 },
	{ offsetof(struct python_offsets, code_name), 37, 42 },
	{ offsetof(struct python_offsets, code_lines), 38, 43 },
	{ offsetof(struct python_offsets, code_first_line), 39, 44 },
	{ offsetof(struct python_offsets, code_units), 43, 48 },
};

/* Put the interpreter's own offsets in. False: it has others than it should, or no GIL. */
static bool take_own_offsets(struct interpreter *interpreter, struct python_offsets *offsets)
{
	__u64 address, own[OWN_WORDS];

	if (!interpreter_address(interpreter, "_PyRuntime", &address) ||
	    !memory_read(interpreter->memory, address, own, sizeof(own)) ||
	    memcmp(own, OWN_COOKIE, 8) ||
	    own[OWN_VERSION] >> 16 != (__u64)(0x300 | offsets->minor) || own[OWN_FREE_THREADED])
		return false;
	for (size_t i = 0; i < sizeof(own_offsets) / sizeof(own_offsets[0]); i++) {
		__u64 word = own[offsets->minor < 14 ? own_offsets[i].in_13 : own_offsets[i].in_14];
		__s16 offset = (__s16)word;

		if (word > INT16_MAX)
			return false;
		memcpy((char *)offsets + own_offsets[i].at, &offset, sizeof(offset));
	}
	return offsets_fit(offsets);
}

static const struct python_offsets *find_version(unsigned int minor)
{
	for (size_t i = 0; i < sizeof(python_offsets) / sizeof(python_offsets[0]); i++)
		if ((unsigned int)python_offsets[i].minor == minor)
			return &python_offsets[i];
	return NULL;
}

static bool offsets_of(struct interpreter *interpreter, unsigned int minor,
		       struct python_offsets *ret)
{
	const struct python_offsets *offsets = find_version(minor);

	if (offsets)
		*ret = *offsets;
	return offsets && (minor < 13 || take_own_offsets(interpreter, ret));
}

/* Since 3.11 the interpreter says its version as PY_VERSION_HEX; before, its name does. */
static bool find_offsets(struct interpreter *interpreter, struct python_offsets *ret)
{
	const char *name = strstr(interpreter->path, "python3.");
	unsigned int minor = 0;
	__u64 address;
	__u32 version;

	if (interpreter_address(interpreter, "Py_Version", &address) &&
	    memory_read(interpreter->memory, address, &version, sizeof(version)) &&
	    version >> 24 == 3)
		return offsets_of(interpreter, version >> 16 & 0xff, ret);
	for (; name; name = strstr(name + 1, "python3."))
		minor = (unsigned int)atoi(name + sizeof("python3.") - 1);
	return offsets_of(interpreter, minor, ret);
}

static bool python_recipe(struct interpreter *interpreter, struct script_recipe *ret_recipe)
{
	struct script_recipe found = { .find = SCRIPT_BY_LIST };
	struct python_offsets own, *offsets = &own;

	if (!find_offsets(interpreter, &own) ||
	    !interpreter_symbol(interpreter, "_PyRuntime", &found.start))
		return false;
	found.lists = offsets->runtime_interpreters;
	found.first_thread = offsets->interpreter_threads;
	found.next_list = offsets->interpreter_next;
	found.next_thread = offsets->thread_next;
	found.thread_id = offsets->thread_id;
	found.path[found.n_path++] = offsets->thread_frame;
	if (offsets->cframe_frame >= 0)
		found.path[found.n_path++] = offsets->cframe_frame;
	found.near_at = near_begin(offsets);
	found.near_len = (__u8)near_bytes(offsets);
	found.far_at = far_begin(offsets);
	found.far_len = (__u8)far_bytes(offsets);
	found.next_mask = ~0ULL;
	found.far_to = found.near_len;
	found.record = found.near_len + found.far_len;
	found.next = (__u8)(offsets->frame_previous - found.near_at);
	found.kind = SCRIPT_KIND(SCRIPT_PYTHON, 3, offsets->minor);
	*ret_recipe = found;
	return true;
}

static bool new_python(const struct python_offsets *offsets, const __u64 types[SCRIPT_TYPES],
		       void **ret_state)
{
	struct python *python = calloc(1, sizeof(*python) + MAX_TABLE);

	if (!python)
		return false;
	python->offsets = *offsets;
	python->table = (unsigned char *)(python + 1);
	python->code_type = types[0];
	python->unicode_type = types[1];
	python->bytes_type = types[2];
	*ret_state = python;
	return true;
}

static bool python_begin(struct interpreter *interpreter, __u32 kind, void **ret_state)
{
	struct python_offsets offsets;
	__u64 types[SCRIPT_TYPES];

	return find_offsets(interpreter, &offsets) &&
	       kind == SCRIPT_KIND(SCRIPT_PYTHON, 3, offsets.minor) &&
	       interpreter_address(interpreter, "PyCode_Type", &types[0]) &&
	       interpreter_address(interpreter, "PyUnicode_Type", &types[1]) &&
	       interpreter_address(interpreter, "PyBytes_Type", &types[2]) &&
	       new_python(&offsets, types, ret_state);
}

static bool python_begin_version(__u32 kind, const __u64 types[SCRIPT_TYPES], void **ret_state)
{
	const struct python_offsets *offsets = find_version(kind & 0xff);

	return offsets && new_python(offsets, types, ret_state);
}

/* ---- Pieces of what was read ---- */

static __u64 u64_of(const unsigned char *bytes, size_t at)
{
	__u64 word;

	memcpy(&word, bytes + at, sizeof(word));
	return word;
}

static __s32 int_at(const unsigned char *bytes, size_t at)
{
	__s32 number;

	memcpy(&number, bytes + at, sizeof(number));
	return number;
}

/* ---- Objects ---- */

/*
 * Is it an object that is in use? One that was freed has no references, or in their place the next
 * free piece of memory, while its other words may stay as they were. So a name would be made of
 * what is there by now.
 */
static bool is_used(const struct python *python, const unsigned char *object)
{
	__u64 word = u64_of(object, REFERENCES);

	if (python->offsets.minor >= 14)
		word &= (1ULL << FLAGS_FROM_BIT) - 1;
	return word && word <= UINT32_MAX;
}

static bool is_of_type(const struct python *python, const unsigned char *object, __u64 type)
{
	return u64_of(object, TYPE) == type && is_used(python, object);
}

/* ---- Strings ---- */

/* Behind *at; nothing when there is no room for all of it and a NUL. */
static bool put_character(char text[SCRIPT_NAME_MAX], size_t *at, __u32 c)
{
	unsigned int more = c < 0x80 ? 0 : c < 0x800 ? 1 : c < 0x10000 ? 2 : 3;
	static const unsigned char first[] = { 0, 0xc0, 0xe0, 0xf0 };

	if (c > 0x10ffff || *at + more + 1 >= SCRIPT_NAME_MAX)
		return false;
	text[(*at)++] = (char)(first[more] | c >> 6 * more);
	while (more--)
		text[(*at)++] = (char)(0x80 | (c >> 6 * more & 0x3f));
	return true;
}

/* As UTF-8 from characters of 1, 2 or 4 bytes. A NUL ends it, or lack of room. */
static void put_characters(char text[SCRIPT_NAME_MAX], const unsigned char *from, size_t count,
			   size_t width)
{
	size_t at = 0;

	for (size_t i = 0; i < count; i++) {
		__u32 c = 0;

		memcpy(&c, from + i * width, width); /* the least significant byte is the first */
		if (!c || !put_character(text, &at, c))
			break;
	}
	text[at] = '\0';
}

/* PEP 393. False: it is not such an object. */
static bool read_string(const struct python *python, struct memory *memory, __u64 address,
			char ret_text[SCRIPT_NAME_MAX])
{
	unsigned char head[STATE + 8], characters[4 * SCRIPT_NAME_MAX];
	unsigned int kind, state;
	size_t count;

	if (address & 7 || !memory_read(memory, address, head, sizeof(head)) ||
	    !is_of_type(python, head, python->unicode_type) || u64_of(head, LENGTH) > 1 << 20)
		return false;
	state = (unsigned int)int_at(head, STATE) >> STATE_KIND;
	kind = state & 7;
	if (!(state & 8) || (kind != 1 && kind != 2 && kind != 4)) /* compact, and of one width */
		return false;
	count = u64_of(head, LENGTH);
	if (count >= SCRIPT_NAME_MAX)
		count = SCRIPT_NAME_MAX - 1;
	ret_text[0] = '\0';
	if (!count)
		return true;
	address += state & 16 ? python->offsets.ascii_size : python->offsets.compact_size;
	if (!memory_read(memory, address, characters, count * kind))
		return false;
	put_characters(ret_text, characters, count, kind);
	return true;
}

/* ---- Lines ---- */

static unsigned int read_line(struct python *python, struct memory *memory,
			      const unsigned char *code, __u64 at)
{
	__u64 address = u64_of(code, (size_t)python->offsets.code_lines), len;
	unsigned char head[BYTES];

	if (address & 7 || !memory_read(memory, address, head, sizeof(head)) ||
	    !is_of_type(python, head, python->bytes_type))
		return 0;
	len = u64_of(head, LENGTH);
	if (len > MAX_TABLE || (len && !memory_read(memory, address + BYTES, python->table, len)))
		return 0;
	return python_line((unsigned int)python->offsets.minor, python->table, len,
			   int_at(code, (size_t)python->offsets.code_first_line), at);
}

/* ---- Frames ---- */

/* Where a frame stands in its code: see python_line(). */
static __u64 position_of(const struct python_offsets *offsets, const unsigned char *far, __u64 code)
{
	size_t at = (size_t)(offsets->frame_instruction - far_begin(offsets));
	__u64 instruction, first = code + (__u64)offsets->code_units;
	__s32 number;

	if (!offsets->code_units) {
		number = int_at(far, at);
		return number > 0 ? (__u64)number : 0; /* -1: it has not begun */
	}
	instruction = u64_of(far, at);
	return instruction > first ? (instruction - first) / 2 : 0;
}

/*
 * Does the instruction belong to this code? Code that was freed may have left its place to other
 * code. Since 3.11 a code object ends with its instructions, whose number is its length; the frame
 * that has not begun stands right before the first.
 */
static bool is_within(const struct python_offsets *offsets, const unsigned char *far,
		      const unsigned char *code, __u64 address)
{
	size_t at = (size_t)(offsets->frame_instruction - far_begin(offsets));
	__u64 first = address + (__u64)offsets->code_units;

	return !offsets->code_units ||
	       u64_of(far, at) + UNIT - first <= (u64_of(code, LENGTH) + 1) * UNIT;
}

static bool python_name(void *state, struct memory *memory, const unsigned char *record, size_t len,
			struct script_name *ret)
{
	struct python *python = state;
	const struct python_offsets *offsets = &python->offsets;
	const unsigned char *far = record + near_bytes(offsets);
	unsigned char code[CODE_HEADER];
	__u64 address;

	if (len < near_bytes(offsets) + far_bytes(offsets))
		return false;
	ret->is_entry =
		offsets->frame_entry_value < 0 ||
		far[offsets->frame_entry - far_begin(offsets)] >= offsets->frame_entry_value;
	/* since 3.12 such a frame is none of the script's */
	ret->is_hidden = offsets->minor >= 12 && ret->is_entry;
	if (ret->is_hidden)
		return true;
	address = u64_of(record, (size_t)(offsets->frame_code - near_begin(offsets)));
	if (offsets->minor >= 14)
		address &= ~1ULL; /* _PyStackRef: the bit says that it is not counted */
	if (address & 7 || !memory_read(memory, address, code, sizeof(code)) ||
	    !is_of_type(python, code, python->code_type) || !is_within(offsets, far, code, address))
		return false;
	if (!read_string(python, memory, u64_of(code, (size_t)offsets->code_name), ret->function) ||
	    !read_string(python, memory, u64_of(code, (size_t)offsets->code_filename), ret->file))
		return false;
	ret->line = read_line(python, memory, code, position_of(offsets, far, address));
	return true;
}

const struct language language_python = {
	.id = SCRIPT_PYTHON,
	.module = "[python]",
	.symbol = "_PyRuntime",
	.evaluator = "_PyEval_EvalFrameDefault*",
	.recipe = python_recipe,
	.begin = python_begin,
	.begin_version = python_begin_version,
	.name = python_name,
};
