/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * objects: reads what V8 has in its heap. A pointer is believed only if it has the tag of one, and
 * an object only if its map says that it is of the type that is wanted: the collector may have
 * moved it, and put another one there.
 */
#ifndef SOCKLEAK_V8_OBJECTS_H
#define SOCKLEAK_V8_OBJECTS_H

#include <linux/types.h>
#include <stdbool.h>
#include <stddef.h>

#include "stacks/scripts/memory.h"
#include "stacks/scripts/javascript/layout.h"

/* The memory of a process, as V8 uses it. */
struct v8_heap {
	const struct v8_layout *layout;
	struct memory *memory;
};

#define V8_NO_TYPE (-1)

static inline bool v8_is_pointer(__u64 word)
{
	return (word & 3) == V8_TAG;
}

/* A small integer; false: the word is none. */
bool v8_small(__u64 word, __s32 *ret_number);

/* A word of an object; false: it is none, or cannot be read. */
bool v8_word(const struct v8_heap *heap, __u64 object, __s32 at, __u64 *ret_word);
/* 32 bits of one. */
bool v8_number(const struct v8_heap *heap, __u64 object, __s32 at, __s32 *ret_number);
bool v8_small_at(const struct v8_heap *heap, __u64 object, __s32 at, __s32 *ret_number);

/* The type of an object; V8_NO_TYPE: it is none. */
__s32 v8_type(const struct v8_heap *heap, __u64 object);

/* Bytes that are read one after the other, and numbers in them: 7 bits a byte, the lowest first. */
struct v8_stream {
	const struct v8_heap *heap;
	__u64 at, end; /* the next byte; behind the last one */
	bool failed;   /* there was none: what was read since is not to be believed */
	unsigned int have, next;
	unsigned char bytes[64];
};

/* Those of a table (ByteArray, TrustedByteArray); false: it has none. */
bool v8_stream_begin(const struct v8_heap *heap, __u64 table, struct v8_stream *stream);
/* Go on elsewhere. */
void v8_stream_seek(struct v8_stream *stream, __u64 at);
__u8 v8_stream_byte(struct v8_stream *stream);
__u64 v8_stream_unsigned(struct v8_stream *stream);
/* The lowest bit is the sign. */
__s64 v8_stream_signed(struct v8_stream *stream);

/*
 * The characters of a string: where they are, one byte or two each. False: they are in several
 * pieces, or it is none.
 */
struct v8_characters {
	__u64 at;
	__u32 count;
	bool is_wide;
};
bool v8_string_flat(const struct v8_heap *heap, __u64 string, struct v8_characters *ret);

/* A string as UTF-8, also one of pieces; cut where `size` ends. False: it is none. */
bool v8_string_text(const struct v8_heap *heap, __u64 string, char *to, size_t size);

#endif /* SOCKLEAK_V8_OBJECTS_H */
