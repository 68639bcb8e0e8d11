/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Formats: method.hpp, constMethod.hpp, constantPool.hpp and symbol.hpp of HotSpot; the table of
 * lines is in compressedStream.hpp and method.cpp (CompressedLineNumberReadStream), its numbers are
 * in unsigned5.hpp.
 */
#include "stacks/scripts/java_method.h"

#include <string.h>

#define WORD sizeof(__u64)
#define ACCESS_NATIVE 0x100 /* of a method: The Java Virtual Machine Specification, 4.6 */
#define MAX_PAIRS 65536	    /* of a table of lines: a method has as many bytes of bytecode */

/* ---- Numbers ---- */

static void fill_stream(struct java_stream *stream)
{
	__u64 left = stream->end - stream->at;

	stream->next = 0;
	stream->have = left < sizeof(stream->bytes) ? (unsigned int)left : sizeof(stream->bytes);
	if (stream->at >= stream->end ||
	    !memory_read(stream->memory, stream->at, stream->bytes, stream->have)) {
		stream->failed = true;
		stream->have = 0;
		return;
	}
	stream->at += stream->have;
}

__u32 java_stream_byte(struct java_stream *stream)
{
	if (stream->next == stream->have && !stream->failed)
		fill_stream(stream);
	return stream->failed ? 0 : stream->bytes[stream->next++];
}

/* The low bytes end a number; each of the others adds six bits. */
__u32 java_stream_number(struct java_stream *stream)
{
	__u32 excluded = stream->excludes_zero, number = 0, byte;

	for (unsigned int i = 0; i < 5 && !stream->failed; i++) {
		byte = java_stream_byte(stream);
		number += (byte - excluded) << (6 * i);
		if (byte < 192)
			break;
	}
	return number;
}

static __s32 signed_number(struct java_stream *stream)
{
	__u32 number = java_stream_number(stream);

	return (__s32)(number >> 1) ^ -(__s32)(number & 1);
}

/* ---- Methods ---- */

static bool read_word_at(const struct java_method *method, __u64 base, __s32 offset, __u64 *ret)
{
	return memory_word(method->memory, base + (__u64)offset, ret) && *ret;
}

static bool read_half(const struct java_method *method, __u64 base, __s32 offset, __u16 *ret)
{
	return memory_read(method->memory, base + (__u64)offset, ret, sizeof(*ret));
}

/* Its flags; their width differs, and the wanted ones are low. */
static bool read_flags(struct java_method *method, __u64 address)
{
	const struct java_layout *layout = method->layout;
	__u16 access, flags, own = 0;

	if (!read_half(method, address, layout->method_access, &access) ||
	    !read_half(method, method->constant, layout->const_flags, &flags) ||
	    !read_half(method, method->constant, layout->const_code_size, &own))
		return false;
	method->code_size = own;
	method->flags = flags;
	method->is_native = access & ACCESS_NATIVE;
	/* before 9 one byte has them, and the next one is not theirs */
	if (!layout->const_hidden && !read_half(method, address, layout->method_flags, &own))
		return false;
	method->is_hidden = (layout->const_hidden ? flags : own) & layout->hidden_flag;
	return true;
}

/* A class and its constants refer to each other: what else is at an address does not. */
bool java_method_read(const struct java_layout *layout, struct memory *memory, __u64 address,
		      struct java_method *ret_method)
{
	struct java_method method = { .layout = layout, .memory = memory };
	__u64 constants;

	if (address & 7 ||
	    !read_word_at(&method, address, layout->method_const, &method.constant) ||
	    !read_word_at(&method, method.constant, layout->const_constants, &method.pool) ||
	    !read_word_at(&method, method.pool, layout->pool_holder, &method.class) ||
	    !read_word_at(&method, method.class, layout->class_constants, &constants) ||
	    constants != method.pool || !read_flags(&method, address))
		return false;
	*ret_method = method;
	return true;
}

__s32 java_method_index(const struct java_method *method, __u64 bytecode)
{
	__u64 index = bytecode - (method->constant + (__u64)method->layout->const_size);

	return index < method->code_size ? (__s32)index : JAVA_NO_BYTECODE;
}

/* Append a symbol of HotSpot's: `len` bytes of *text are there, and room for more. */
static bool append_symbol(const struct java_method *method, __u64 symbol, char *text, size_t *len)
{
	__u16 more;

	if (!read_half(method, symbol, method->layout->symbol_length, &more))
		return false;
	if (more > SCRIPT_NAME_MAX - 1 - *len)
		more = (__u16)(SCRIPT_NAME_MAX - 1 - *len);
	if (more && !memory_read(method->memory, symbol + (__u64)method->layout->symbol_body,
				 text + *len, more))
		return false;
	*len += more;
	text[*len] = '\0';
	return true;
}

/* The constant of a number is the symbol of a name. */
static bool append_constant(const struct java_method *method, __u32 number, char *text, size_t *len)
{
	const struct java_layout *layout = method->layout;
	__u32 count;
	__u64 symbol;

	return memory_read(method->memory, method->pool + (__u64)layout->pool_length, &count,
			   sizeof(count)) &&
	       number < count &&
	       read_word_at(method, method->pool, layout->pool_size + (__s32)(number * WORD),
			    &symbol) &&
	       append_symbol(method, symbol, text, len);
}

/* The class as the language writes it: "java.lang.Thread". */
static bool name_class(const struct java_method *method, char *text, size_t *len)
{
	__u64 symbol;

	if (!read_word_at(method, method->class, method->layout->class_name, &symbol) ||
	    !append_symbol(method, symbol, text, len) || !*len)
		return false;
	for (char *at = text; *at; at++)
		if (*at == '/')
			*at = '.';
		else if (*at == '+') /* a class without a name of its own */
			*at = '/';
	return true;
}

/* The file's base name, if the compiler has left it. */
static bool name_source(const struct java_method *method, char text[SCRIPT_NAME_MAX])
{
	const struct java_layout *layout = method->layout;
	bool in_pool = layout->pool_source != JAVA_NONE;
	size_t len = 0;
	__u16 number;

	if (!read_half(method, in_pool ? method->pool : method->class,
		       in_pool ? layout->pool_source : layout->class_source, &number))
		return false;
	return !number || append_constant(method, number, text, &len);
}

/* ---- Lines ---- */

/* The next pair of a table of lines; false: it has no more. */
static bool next_pair(struct java_stream *stream, __s32 *index, __s32 *line)
{
	__u32 byte = java_stream_byte(stream);

	if (!byte)
		return false;
	if (byte == 0xff) {
		*index += signed_number(stream);
		*line += signed_number(stream);
	} else {
		*index += (__s32)(byte >> 3);
		*line += (__s32)(byte & 7);
	}
	return !stream->failed;
}

/* The line of the last instruction at or before an index that has one; 0 = not known. */
static unsigned int line_at(const struct java_method *method, __s32 wanted)
{
	const struct java_layout *layout = method->layout;
	struct java_stream stream = { .memory = method->memory,
				      .excludes_zero = layout->excludes_zero };
	__s32 index = 0, line = 0, best = -1, best_line = 0;
	__u32 words;

	if (!(method->flags & (__u32)layout->lines_flag) || wanted < 0 ||
	    (__u32)wanted >= method->code_size ||
	    !memory_read(method->memory, method->constant + (__u64)layout->const_words, &words,
			 sizeof(words)) ||
	    words > MAX_PAIRS)
		return 0;
	stream.at = method->constant + (__u64)layout->const_size + method->code_size;
	stream.end = method->constant + words * WORD;
	for (unsigned int i = 0; i < MAX_PAIRS && next_pair(&stream, &index, &line); i++) {
		if (index > wanted || index < best)
			continue;
		best = index;
		best_line = line;
		if (index == wanted)
			break;
	}
	return best_line > 0 ? (unsigned int)best_line : 0;
}

bool java_method_name(const struct java_method *method, __s32 index, struct script_name *ret_name)
{
	__u16 number;
	size_t len = 0;

	ret_name->is_hidden = method->is_hidden;
	ret_name->is_native = method->is_native;
	if (!name_class(method, ret_name->function, &len) || len > SCRIPT_NAME_MAX - 2)
		return false;
	ret_name->function[len++] = '.';
	ret_name->function[len] = '\0';
	if (!read_half(method, method->constant, method->layout->const_name, &number) ||
	    !append_constant(method, number, ret_name->function, &len) ||
	    !name_source(method, ret_name->file))
		return false;
	ret_name->line = method->is_native || !ret_name->file[0] ? 0 : line_at(method, index);
	return true;
}
