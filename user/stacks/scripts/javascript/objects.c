/* SPDX-License-Identifier: BSD-2-Clause */
/* Formats: objects.h, string.tq and instance-type.h of V8. */
#include "stacks/scripts/javascript/objects.h"

#include <string.h>

#define FIRST_NO_STRING 128 /* of types: a string's say how it is made */
#define STRING_MADE 7	    /* in these bits: */
#define STRING_FLAT 0
#define STRING_CONS 1	   /* of two */
#define STRING_EXTERNAL 2  /* its characters are outside of the heap */
#define STRING_SLICED 3	   /* a part of another one */
#define STRING_THIN 5	   /* stands for another one */
#define STRING_NARROW 8	   /* a byte a character, ISO 8859-1 */
#define STRING_UNCACHED 16 /* it does not have the address of its characters itself */
#define MAX_STEPS 32	   /* from string to string */
#define MAX_LENGTH (1 << 29)
#define MAX_TABLE (1 << 24)
#define PIECE 256 /* bytes that are read at once */

bool v8_small(__u64 word, __s32 *ret_number)
{
	if (word & 0xffffffff)
		return false;
	*ret_number = (__s32)(word >> 32);
	return true;
}

bool v8_word(const struct v8_heap *heap, __u64 object, __s32 at, __u64 *ret_word)
{
	return v8_is_pointer(object) &&
	       memory_word(heap->memory, object - V8_TAG + (__u64)(__s64)at, ret_word);
}

bool v8_number(const struct v8_heap *heap, __u64 object, __s32 at, __s32 *ret_number)
{
	return v8_is_pointer(object) &&
	       memory_read(heap->memory, object - V8_TAG + (__u64)(__s64)at, ret_number,
			   sizeof(*ret_number));
}

bool v8_small_at(const struct v8_heap *heap, __u64 object, __s32 at, __s32 *ret_number)
{
	__u64 word;

	return v8_word(heap, object, at, &word) && v8_small(word, ret_number);
}

__s32 v8_type(const struct v8_heap *heap, __u64 object)
{
	__u64 map, of_map;
	__u16 type;

	/* a map has a map, too; one that is being moved has none */
	if (!v8_word(heap, object, 0, &map) || !v8_word(heap, map, 0, &of_map) ||
	    !v8_is_pointer(of_map) ||
	    !memory_read(heap->memory, map - V8_TAG + (__u64)heap->layout->map_type, &type,
			 sizeof(type)))
		return V8_NO_TYPE;
	return type;
}

/* ---- Bytes ---- */

bool v8_stream_begin(const struct v8_heap *heap, __u64 table, struct v8_stream *stream)
{
	__s32 count;

	if (!v8_small_at(heap, table, heap->layout->array_length, &count) || count <= 0 ||
	    count > MAX_TABLE)
		return false;
	*stream = (struct v8_stream){ .heap = heap };
	stream->at = table - V8_TAG + (__u64)heap->layout->array_data;
	stream->end = stream->at + (__u64)count;
	return true;
}

void v8_stream_seek(struct v8_stream *stream, __u64 at)
{
	stream->at = at;
	stream->have = stream->next = 0;
}

__u8 v8_stream_byte(struct v8_stream *stream)
{
	__u64 left = stream->at < stream->end ? stream->end - stream->at : 0;

	if (stream->next == stream->have) {
		stream->have =
			left < sizeof(stream->bytes) ? (unsigned int)left : sizeof(stream->bytes);
		stream->next = 0;
		if (!stream->have ||
		    !memory_read(stream->heap->memory, stream->at, stream->bytes, stream->have)) {
			stream->have = 0;
			stream->failed = true;
			return 0;
		}
	}
	stream->at++;
	return stream->bytes[stream->next++];
}

__u64 v8_stream_unsigned(struct v8_stream *stream)
{
	__u64 value = 0;

	for (unsigned int shift = 0; shift < 63 && !stream->failed; shift += 7) {
		__u8 byte = v8_stream_byte(stream);

		value |= (__u64)(byte & 0x7f) << shift;
		if (!(byte & 0x80))
			return value;
	}
	stream->failed = true;
	return 0;
}

__s64 v8_stream_signed(struct v8_stream *stream)
{
	__u64 value = v8_stream_unsigned(stream);

	return value & 1 ? -(__s64)(value >> 1) : (__s64)(value >> 1);
}

/* ---- Strings ---- */

/* One string, or a part of it. */
struct string_part {
	__u64 string;
	__u32 begin, count;
	__s32 type;
};

static bool begin_part(const struct v8_heap *heap, __u64 string, struct string_part *part)
{
	__s32 length;

	part->string = string;
	part->type = v8_type(heap, string);
	if (part->type < 0 || part->type >= FIRST_NO_STRING ||
	    !v8_number(heap, string, heap->layout->string_length, &length) || length < 0 ||
	    length > MAX_LENGTH)
		return false;
	part->begin = 0;
	part->count = (__u32)length;
	return true;
}

/* Go to the string that one is a part of, or stands for. False: it is not what it should be. */
static bool go_to_string(const struct v8_heap *heap, struct string_part *part)
{
	const struct v8_layout *layout = heap->layout;
	bool is_slice = (part->type & STRING_MADE) == STRING_SLICED;
	struct string_part other;
	__s32 offset = 0;
	__u64 string;

	if (!v8_word(heap, part->string, is_slice ? layout->slice_parent : layout->thin_actual,
		     &string) ||
	    (is_slice && !v8_small_at(heap, part->string, layout->slice_offset, &offset)) ||
	    !begin_part(heap, string, &other) || offset < 0)
		return false;
	other.begin = part->begin + (__u32)offset;
	if (other.begin > other.count || part->count > other.count - other.begin)
		return false;
	other.count = part->count;
	*part = other;
	return true;
}

static bool is_flat(const struct string_part *part)
{
	return (part->type & STRING_MADE) == STRING_FLAT ||
	       (part->type & STRING_MADE) == STRING_EXTERNAL;
}

static bool find_characters(const struct v8_heap *heap, const struct string_part *part,
			    struct v8_characters *ret)
{
	const struct v8_layout *layout = heap->layout;

	ret->is_wide = !(part->type & STRING_NARROW);
	ret->count = part->count;
	if ((part->type & STRING_MADE) == STRING_FLAT)
		ret->at = part->string - V8_TAG +
			  (__u64)(ret->is_wide ? layout->two_byte_chars : layout->one_byte_chars);
	else if (part->type & STRING_UNCACHED ||
		 !v8_word(heap, part->string, layout->external_resource + 8, &ret->at))
		return false;
	ret->at += (__u64)part->begin << ret->is_wide;
	return true;
}

/* Through all that stands for others, and what was made of two and is one by now. */
static bool see_through(const struct v8_heap *heap, struct string_part *part)
{
	struct string_part second;
	__u64 string;

	for (unsigned int i = 0; i < MAX_STEPS && !is_flat(part); i++) {
		if ((part->type & STRING_MADE) != STRING_CONS) {
			if (!go_to_string(heap, part))
				return false;
			continue;
		}
		if (!v8_word(heap, part->string, heap->layout->cons_second, &string) ||
		    !begin_part(heap, string, &second))
			return false;
		if (second.count)
			return true; /* of pieces */
		if (!v8_word(heap, part->string, heap->layout->cons_first, &string) ||
		    !begin_part(heap, string, &second) || part->begin > second.count ||
		    part->count > second.count - part->begin)
			return false;
		second.begin = part->begin;
		second.count = part->count;
		*part = second;
	}
	return true;
}

bool v8_string_flat(const struct v8_heap *heap, __u64 string, struct v8_characters *ret)
{
	struct string_part part;

	return begin_part(heap, string, &part) && see_through(heap, &part) && is_flat(&part) &&
	       find_characters(heap, &part, ret);
}

/* ---- As text ---- */

struct v8_text {
	char *to;
	size_t room; /* with the NUL */
	__u32 high;  /* the first half of a pair */
};

static void put_byte(struct v8_text *text, unsigned int byte)
{
	*text->to++ = (char)byte;
	text->room--;
}

/* False: there is no room for it, and nothing else is put there. */
static bool put_v8_character(struct v8_text *text, __u32 character)
{
	size_t bytes = character < 0x80 ? 1 : character < 0x800 ? 2 : character < 0x10000 ? 3 : 4;

	if (text->room <= bytes)
		return false;
	if (bytes == 1) {
		put_byte(text, character ?: '?');
		return true;
	}
	put_byte(text, (0xf00U >> bytes & 0xff) | character >> 6 * (bytes - 1));
	while (--bytes)
		put_byte(text, 0x80 | (character >> 6 * (bytes - 1) & 0x3f));
	return true;
}

/* Half a pair alone is not a character. */
static bool put_unit(struct v8_text *text, __u32 unit)
{
	__u32 high = text->high;

	text->high = 0;
	if (unit >= 0xd800 && unit < 0xdc00) {
		text->high = unit;
		return true;
	}
	if (unit >= 0xdc00 && unit < 0xe000)
		unit = high ? 0x10000 + ((high - 0xd800) << 10) + (unit - 0xdc00) : 0xfffd;
	return put_v8_character(text, unit);
}

static bool put_v8_characters(const struct v8_heap *heap, const struct v8_characters *from,
			      struct v8_text *text)
{
	unsigned char piece[PIECE];
	__u64 at = from->at, end = at + ((__u64)from->count << from->is_wide);

	while (at < end) {
		size_t len = end - at < PIECE ? end - at : PIECE;

		if (!memory_read(heap->memory, at, piece, len))
			return false;
		for (size_t i = 0; i < len; i += 1U + from->is_wide) {
			__u32 unit = piece[i] | (from->is_wide ? piece[i + 1] << 8 : 0);

			if (!put_unit(text, unit))
				return true;
		}
		at += len;
	}
	return true;
}

/* The pieces from left to right; those that are still to come wait in a list. */
static bool put_v8_string(const struct v8_heap *heap, __u64 string, struct v8_text *text)
{
	__u64 waiting[MAX_STEPS] = { string };
	unsigned int count = 1;

	for (unsigned int steps = 0; count && steps < 4 * MAX_STEPS; steps++) {
		struct v8_characters characters;
		struct string_part part;

		if (!begin_part(heap, waiting[--count], &part) || !see_through(heap, &part))
			return false;
		if (is_flat(&part)) {
			if (!find_characters(heap, &part, &characters) ||
			    !put_v8_characters(heap, &characters, text))
				return false;
			continue;
		}
		if (count + 2 > MAX_STEPS || part.begin ||
		    !v8_word(heap, part.string, heap->layout->cons_second, &waiting[count]) ||
		    !v8_word(heap, part.string, heap->layout->cons_first, &waiting[count + 1]))
			return false;
		count += 2;
	}
	return !count;
}

bool v8_string_text(const struct v8_heap *heap, __u64 string, char *to, size_t size)
{
	struct v8_text text = { .to = to, .room = size };
	bool done = size && put_v8_string(heap, string, &text);

	if (size)
		*text.to = '\0';
	return done;
}
