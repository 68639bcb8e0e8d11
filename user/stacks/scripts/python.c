/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * CPython. _PyRuntime has a list of interpreters, each of which has a list of threads; a thread has
 * its frames, one linked to the next. A frame has its code object, and where it stands in there.
 *
 * Formats: Objects/locations.md of CPython (the table of lines), PEP 626; PEP 393 (strings); for
 * 3.10 PEP 626's Objects/lnotab_notes.txt.
 */
#include <stdlib.h>
#include <string.h>

#include "stacks/scripts/language.h"
#include "stacks/scripts/python_offsets.h"

#define MAX_TABLE (256 * 1024) /* bytes of a table of lines; functions have some hundred */
#define TYPE 8		       /* of an object: ob_type */
#define LENGTH 16	       /* of a string, and of bytes: how many */
#define STATE 32	       /* of a string, */
#define STATE_KIND 2	       /* where it has the width of its characters */
#define BYTES 32	       /* of bytes: the first one */
#define CODE_HEADER 256	       /* bytes of a code object that have what is read of it */

struct python {
	const struct python_offsets *offsets;
	__u64 code_type, unicode_type, bytes_type;
	unsigned char *table;
};

/* ---- Which version ---- */

static const struct python_offsets *offsets_of(unsigned int minor)
{
	for (size_t i = 0; i < sizeof(python_offsets) / sizeof(python_offsets[0]); i++)
		if ((unsigned int)python_offsets[i].minor == minor)
			return &python_offsets[i];
	return NULL;
}

/* Since 3.11 the interpreter says its version as PY_VERSION_HEX; before, its name does. */
static const struct python_offsets *find_offsets(struct interpreter *interpreter)
{
	const char *name = strstr(interpreter->path, "python3.");
	unsigned int minor = 0;
	__u64 address;
	__u32 version;

	if (interpreter_address(interpreter, "Py_Version", &address) &&
	    memory_read(interpreter->memory, address, &version, sizeof(version)) &&
	    version >> 24 == 3)
		return offsets_of(version >> 16 & 0xff);
	for (; name; name = strstr(name + 1, "python3."))
		minor = (unsigned int)atoi(name + sizeof("python3.") - 1);
	return offsets_of(minor);
}

/*
 * What is kept of a frame: from its code to the frame before it, in either order; and where it
 * stands, with the byte that says who has called.
 */
#define FAR_BYTES 16

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

static bool python_recipe(struct interpreter *interpreter, struct script_recipe *ret_recipe)
{
	const struct python_offsets *offsets = find_offsets(interpreter);
	struct script_recipe found = { .find = SCRIPT_BY_LIST };

	if (!offsets || !interpreter_symbol(interpreter, "_PyRuntime", &found.start))
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
	found.far_len = FAR_BYTES;
	found.far_from = SCRIPT_NO_WORD;
	found.far_to = found.near_len;
	found.record = found.near_len + FAR_BYTES;
	found.next = (__u8)(offsets->frame_previous - found.near_at);
	found.kind = SCRIPT_KIND(SCRIPT_PYTHON, 3, offsets->minor);
	*ret_recipe = found;
	return true;
}

static bool python_begin(struct interpreter *interpreter, __u32 kind, void **ret_state)
{
	const struct python_offsets *offsets = find_offsets(interpreter);
	struct python *python;

	if (!offsets || kind != SCRIPT_KIND(SCRIPT_PYTHON, 3, offsets->minor))
		return false;
	python = calloc(1, sizeof(*python) + MAX_TABLE);
	if (!python)
		return false;
	python->offsets = offsets;
	python->table = (unsigned char *)(python + 1);
	if (interpreter_address(interpreter, "PyCode_Type", &python->code_type) &&
	    interpreter_address(interpreter, "PyUnicode_Type", &python->unicode_type) &&
	    interpreter_address(interpreter, "PyBytes_Type", &python->bytes_type)) {
		*ret_state = python;
		return true;
	}
	free(python);
	return false;
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

/* PEP 393. False: it is no such object. */
static bool read_string(const struct python *python, struct memory *memory, __u64 address,
			char ret_text[SCRIPT_NAME_MAX])
{
	unsigned char head[STATE + 8], characters[4 * SCRIPT_NAME_MAX];
	unsigned int kind, state;
	size_t count;

	if (address & 7 || !memory_read(memory, address, head, sizeof(head)) ||
	    u64_of(head, TYPE) != python->unicode_type || u64_of(head, LENGTH) > 1 << 20)
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
	address += state & 16 ? python->offsets->ascii_size : python->offsets->compact_size;
	if (!memory_read(memory, address, characters, count * kind))
		return false;
	put_characters(ret_text, characters, count, kind);
	return true;
}

/* ---- Lines ---- */

struct location_table {
	const unsigned char *bytes;
	size_t len, at;
};

static unsigned int next_byte(struct location_table *table)
{
	return table->at < table->len ? table->bytes[table->at++] : 0;
}

/* Six bits a byte, the lowest first; bit 6 says that more follow. */
static __u32 next_varint(struct location_table *table)
{
	unsigned int byte = next_byte(table), shift = 0;
	__u32 value = byte & 63;

	while (byte & 64 && shift < 24) {
		byte = next_byte(table);
		shift += 6;
		value |= (byte & 63) << shift;
	}
	return value;
}

/* The lowest bit is the sign. */
static __s32 next_signed(struct location_table *table)
{
	__u32 value = next_varint(table);

	return value & 1 ? -(__s32)(value >> 1) : (__s32)(value >> 1);
}

/* The line of an entry less that of the one before, by what its first byte says of it. */
static __s32 line_step(struct location_table *table, unsigned int code, bool *ret_has_line)
{
	__s32 step = 0;

	*ret_has_line = true;
	switch (code) {
	case 15: /* no location */
		*ret_has_line = false;
		return 0;
	case 14: /* long form: three more numbers */
		step = next_signed(table);
		next_varint(table);
		next_varint(table);
		next_varint(table);
		return step;
	case 13: /* no columns */
		return next_signed(table);
	case 10:
	case 11:
	case 12: /* one line form: two columns */
		table->at += 2;
		return (__s32)code - 10;
	default: /* short form: a byte with columns */
		table->at++;
		return 0;
	}
}

/* The line of the code unit number `unit` by a table of locations (3.11 and later); 0: none. */
static unsigned int line_by_locations(struct location_table table, __s32 line, __u64 unit)
{
	bool has_line;

	for (__u64 begin = 0; table.at < table.len;) {
		unsigned int first = next_byte(&table);

		line += line_step(&table, first >> 3 & 15, &has_line);
		begin += (first & 7) + 1;
		if (unit < begin)
			return has_line && line > 0 ? (unsigned int)line : 0;
	}
	return 0;
}

/*
 * The same by a table of lines, of 3.10: pairs of bytes, how far an entry reaches and by how much
 * its line is further on.
 */
static unsigned int line_by_ranges(struct location_table table, __s32 line, __u64 address)
{
	for (__u64 end = 0; table.at < table.len;) {
		__s8 step;

		end += next_byte(&table);
		step = (__s8)next_byte(&table);
		if (step != -128)
			line += step;
		if (address < end)
			return step != -128 && line > 0 ? (unsigned int)line : 0;
	}
	return 0;
}

/* And by that of 3.9 and before it: an entry begins where its first byte says. */
static unsigned int line_by_starts(struct location_table table, __s32 line, __u64 address)
{
	for (__u64 start = 0; table.at < table.len;) {
		start += next_byte(&table);
		if (start > address)
			break;
		line += (__s8)next_byte(&table);
	}
	return line > 0 ? (unsigned int)line : 0;
}

/* `at` is the code unit, of two bytes; up to 3.9 the byte. */
static unsigned int line_of(unsigned int minor, struct location_table table, __s32 first, __u64 at)
{
	if (minor >= 11)
		return line_by_locations(table, first, at);
	return minor == 10 ? line_by_ranges(table, first, 2 * at) :
			     line_by_starts(table, first, at);
}

static unsigned int read_line(struct python *python, struct memory *memory,
			      const unsigned char *code, __u64 at)
{
	__u64 address = u64_of(code, (size_t)python->offsets->code_lines), len;
	struct location_table table = { .bytes = python->table };
	unsigned char head[BYTES];

	if (address & 7 || !memory_read(memory, address, head, sizeof(head)) ||
	    u64_of(head, TYPE) != python->bytes_type)
		return 0;
	len = u64_of(head, LENGTH);
	if (len > MAX_TABLE || (len && !memory_read(memory, address + BYTES, python->table, len)))
		return 0;
	table.len = len;
	return line_of((unsigned int)python->offsets->minor, table,
		       int_at(code, (size_t)python->offsets->code_first_line), at);
}

/* ---- Frames ---- */

/* Where a frame stands in its code: see line_of(). */
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

static bool python_name(void *state, struct memory *memory, const unsigned char *record, size_t len,
			struct script_name *ret)
{
	struct python *python = state;
	const struct python_offsets *offsets = python->offsets;
	const unsigned char *far = record + near_bytes(offsets);
	unsigned char code[CODE_HEADER];
	__u64 address;

	if (len < near_bytes(offsets) + FAR_BYTES)
		return false;
	ret->is_entry =
		offsets->frame_entry_value < 0 ||
		far[offsets->frame_entry - far_begin(offsets)] == offsets->frame_entry_value;
	/* since 3.12 such a frame is none of the script's */
	ret->is_hidden = offsets->minor >= 12 && ret->is_entry;
	if (ret->is_hidden)
		return true;
	address = u64_of(record, (size_t)(offsets->frame_code - near_begin(offsets)));
	if (address & 7 || !memory_read(memory, address, code, sizeof(code)) ||
	    u64_of(code, TYPE) != python->code_type)
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
	.name = python_name,
};
