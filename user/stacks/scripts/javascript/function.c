/* SPDX-License-Identifier: BSD-2-Clause */
/* Formats: scope-info.tq, script.tq, source-position-table.cc and source-position.h of V8. */
#include "stacks/scripts/javascript/function.h"

#include <string.h>

#include "stacks/scripts/language.h"

#define WORD 8
#define SHARED_NATIVE (1U << 5) /* of its flags: a function of the language, such as Array.map */

/* The flags of a scope, and where it has its words. */
#define SCOPE_FLAGS 8
#define SCOPE_LOCALS 24
#define SCOPE_TYPE 15
#define SCOPE_HAS_CLASS (1U << 10)
#define SCOPE_NAME (3U << 12)
#define SCOPE_HAS_INFERRED (1U << 14)
#define SCOPE_INLINED_NAMES 75
#define SCOPE_MAX_LOCALS (1 << 20)

#define MAX_LINES (1 << 24)
#define PIECE 4096

/* ---- What is executed ---- */

__u64 v8_bytecode_find(const struct v8_heap *heap, __u64 data)
{
	const struct v8_layout *layout = heap->layout;

	for (unsigned int i = 0; i < 3; i++) {
		__s32 type = v8_type(heap, data);

		if (type == layout->type_bytecode)
			return data;
		if (type == layout->type_interpreted) {
			if (!v8_word(heap, data, layout->version->interpreted, &data))
				return 0;
		} else if (type != layout->type_code ||
			   !v8_word(heap, data, layout->version->code_of, &data)) {
			return 0;
		}
	}
	return 0;
}

bool v8_function_read(const struct v8_heap *heap, __u64 shared, struct v8_function *ret_function)
{
	const struct v8_layout *layout = heap->layout;
	struct v8_function function = { .shared = shared };
	__u64 data;
	__s32 flags;

	if (v8_type(heap, shared) != layout->type_shared ||
	    !v8_word(heap, shared, layout->shared_name, &function.scope) ||
	    !v8_word(heap, shared, layout->shared_script, &function.script) ||
	    !v8_word(heap, shared, layout->version->function_data, &data) ||
	    !v8_number(heap, shared, layout->shared_flags, &flags))
		return false;
	if (v8_type(heap, function.script) != layout->type_script)
		function.script = 0;
	function.bytecode = v8_bytecode_find(heap, data);
	function.is_builtin = !v8_is_pointer(data);
	function.is_hidden = !function.script && !((__u32)flags & SHARED_NATIVE);
	*ret_function = function;
	return true;
}

/* ---- Its name ---- */

/* What a scope says of its function. */
struct v8_scope {
	__u64 name, inferred; /* 0 = none */
	bool is_computed;     /* the name belongs to each closure, and moves with it */
};

static bool read_scope(const struct v8_heap *heap, __u64 object, struct v8_scope *ret)
{
	const struct v8_layout *layout = heap->layout;
	struct v8_scope scope = { 0 };
	__s32 locals, at, first = layout->scope_first;
	__u64 word;
	__u32 flags;

	if (!v8_word(heap, object, SCOPE_FLAGS, &word) ||
	    !v8_small_at(heap, object, SCOPE_LOCALS, &locals) || locals < 0 ||
	    locals > SCOPE_MAX_LOCALS)
		return false;
	flags = (__u32)(word >> layout->version->scope_shift);
	*ret = scope;
	if ((flags & SCOPE_TYPE) != (__u32)layout->version->scope_function)
		return true;
	at = first + (locals < SCOPE_INLINED_NAMES ? locals : 1) + locals;
	at += (flags & SCOPE_HAS_CLASS) != 0;
	if (flags & SCOPE_NAME) {
		if (!v8_word(heap, object, WORD + at * WORD, &scope.name))
			return false;
		scope.is_computed = !v8_is_pointer(scope.name);
		at += 2;
	}
	if (flags & SCOPE_HAS_INFERRED && !v8_word(heap, object, WORD + at * WORD, &scope.inferred))
		return false;
	*ret = scope;
	return true;
}

/* A name that is there, and is not empty. */
static bool put_js_name(const struct v8_heap *heap, __u64 string, struct script_name *ret_name)
{
	if (v8_is_pointer(string) &&
	    v8_string_text(heap, string, ret_name->function, sizeof(ret_name->function)) &&
	    *ret_name->function)
		return true;
	ret_name->function[0] = '\0';
	return false;
}

/* ---- Its line ---- */

/* A negative one is the other way round: -1 is 0 with the sign. */
static __s64 next_step(struct v8_stream *table)
{
	__u64 value = v8_stream_unsigned(table);

	return (__s64)(value >> 1) ^ -(__s64)(value & 1);
}

/* Where in the text an instruction stands; V8_NO_OFFSET: it is not known. */
static __s32 find_position(const struct v8_heap *heap, __u64 bytecode, __s32 offset)
{
	__s64 code = -1, position = 0, found = V8_NO_OFFSET; /* the first is the entry's, -1 */
	struct v8_stream table;
	__u64 object;

	if (!v8_word(heap, bytecode, heap->layout->version->positions, &object) ||
	    !v8_stream_begin(heap, object, &table))
		return V8_NO_OFFSET;
	while (table.at < table.end) {
		__s64 step = next_step(&table), move = next_step(&table);

		if (table.failed)
			return V8_NO_OFFSET;
		code += step < 0 ? -(step + 1) : step; /* the sign says whether it is a statement */
		position = (__s64)((__u64)position + (__u64)move);
		if (code > offset)
			break;
		found = (position >> 1 & 0x3fffffff) - 1;
	}
	return (__s32)found;
}

/* The number of line ends before a position, by the table of them. */
static bool count_in_table(const struct v8_heap *heap, __u64 table, __s32 position,
			   unsigned int *ret)
{
	const struct v8_layout *layout = heap->layout;
	__s32 from = 0, to, end;

	if (v8_type(heap, table) != layout->type_fixed_array ||
	    !v8_small_at(heap, table, layout->array_length, &to) || to < 0 || to > MAX_LINES)
		return false;
	while (from < to) {
		__s32 middle = from + (to - from) / 2;

		if (!v8_small_at(heap, table, layout->array_data + middle * WORD, &end))
			return false;
		if (end < position)
			from = middle + 1;
		else
			to = middle;
	}
	*ret = (unsigned int)from;
	return from || to;
}

static bool ends_line(__u32 unit, __u32 next)
{
	return unit == '\n' || (unit == '\r' && next != '\n') || unit == 0x2028 || unit == 0x2029;
}

/* The same in the text itself. */
static bool count_in_text(const struct v8_heap *heap, __u64 source, __s32 position,
			  unsigned int *ret)
{
	struct v8_characters text;
	unsigned char piece[PIECE];
	__u32 unit = 0, next;
	__u64 at, end;

	if (!v8_string_flat(heap, source, &text) || (__u32)position > text.count)
		return false;
	*ret = 0;
	end = text.at + ((__u64)(__u32)position << text.is_wide);
	for (at = text.at; at < end;) {
		size_t len = end - at < PIECE ? end - at : PIECE;

		if (!memory_read(heap->memory, at, piece, len))
			return false;
		for (size_t i = 0; i < len; i += 1U + text.is_wide) {
			next = piece[i] | (text.is_wide ? piece[i + 1] << 8 : 0);
			*ret += ends_line(unit, next);
			unit = next;
		}
		at += len;
	}
	/* a '\r' right before the position: what follows is at the position itself */
	if ((__u32)position < text.count && unit == '\r') {
		next = 0;
		if (!memory_read(heap->memory, end, &next, 1U + text.is_wide))
			return false;
		*ret += ends_line(unit, next);
		return true;
	}
	*ret += ends_line(unit, 0);
	return true;
}

static unsigned int find_line(const struct v8_heap *heap, __u64 script, __s32 position)
{
	const struct v8_layout *layout = heap->layout;
	unsigned int ends;
	__u64 table, source;
	__s32 first;

	if (!v8_word(heap, script, layout->script_line_ends, &table) ||
	    !v8_word(heap, script, layout->script_source, &source) ||
	    !v8_small_at(heap, script, layout->version->script_line, &first) || first < 0 ||
	    (!count_in_table(heap, table, position, &ends) &&
	     !count_in_text(heap, source, position, &ends)))
		return 0;
	return ends + (unsigned int)first + 1;
}

static unsigned int line_of(const struct v8_heap *heap, __u64 script, __s32 position,
			    struct v8_lines *lines)
{
	struct v8_line *line;

	for (unsigned int i = 0; i < lines->count; i++)
		if (lines->list[i].script == script && lines->list[i].position == position)
			return lines->list[i].line;
	line = &lines->list[lines->count < V8_LINES ? lines->count++ : V8_LINES - 1];
	*line = (struct v8_line){ script, position, find_line(heap, script, position) };
	return line->line;
}

/*
 * A module has the URL of its file; one that has escaped characters is left as it is. False: it has
 * no file, for it is the text of eval().
 */
static bool put_file(const struct v8_heap *heap, __u64 script, struct script_name *ret_name)
{
	static const char scheme[] = "file://";
	char *file = ret_name->file;
	__u64 name;

	if (!v8_word(heap, script, heap->layout->script_name, &name) || !v8_is_pointer(name) ||
	    !v8_string_text(heap, name, file, sizeof(ret_name->file)) || !*file) {
		strcpy(file, "<anonymous>"); /* as an error has it */
		return false;
	}
	if (!strncmp(file, "file:///", 8) && !strchr(file, '%'))
		memmove(file, file + strlen(scheme), strlen(file + strlen(scheme)) + 1);
	return true;
}

/* As JavaScript has it for who asks, but for what only the closure knows. */
static void put_function(const struct v8_heap *heap, const struct v8_scope *scope, bool is_eval,
			 struct script_name *ret_name)
{
	if (scope->is_computed)
		strcpy(ret_name->function, "<computed>");
	else if (!put_js_name(heap, scope->name, ret_name) &&
		 !put_js_name(heap, scope->inferred, ret_name))
		strcpy(ret_name->function, is_eval ? "eval" : "<anonymous>");
}

bool v8_function_name(const struct v8_heap *heap, const struct v8_function *function, __s32 offset,
		      struct v8_lines *lines, struct script_name *ret_name)
{
	struct v8_scope scope = { 0 };
	bool is_eval;
	__s32 position;

	if (v8_type(heap, function->scope) == heap->layout->type_scope) {
		if (!read_scope(heap, function->scope, &scope))
			return false;
	} else {
		scope.name = function->scope;
	}
	ret_name->is_hidden = function->is_hidden;
	ret_name->is_native = !function->script;
	is_eval = function->script && !put_file(heap, function->script, ret_name);
	put_function(heap, &scope, is_eval, ret_name);
	if (!function->script || !function->bytecode || offset < 0)
		return true;
	position = find_position(heap, function->bytecode, offset);
	if (position >= 0)
		ret_name->line = line_of(heap, function->script, position, lines);
	return true;
}
