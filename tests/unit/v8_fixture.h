/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * v8_fixture: a piece of memory that has what V8 11.3 (Node 20) has of two functions, one of its
 * own, and what the kernel's side has kept of their frames. Its addresses begin at 0; offsets and
 * types are those of the real one.
 */
#ifndef V8_FIXTURE_H
#define V8_FIXTURE_H

#include <stdlib.h>
#include <string.h>

#include "stacks/scripts/javascript/javascript.h"

#define FIXTURE_SIZE 0x1000

/* Where is what. */
#define MAP_OF_MAPS 0x100
#define MAP_SHARED 0x140
#define MAP_SCRIPT 0x180
#define MAP_SCOPE 0x1c0
#define MAP_BYTECODE 0x200
#define MAP_TABLE 0x240
#define MAP_STRING 0x280
#define MAP_FUNCTION 0x2c0
#define SHARED 0x400	 /* send, of /srv/a.js */
#define SHARED_MAP 0x440 /* map, of V8's own */
#define SCRIPT 0x480
#define SCOPE 0x500
#define BYTECODE 0x580
#define POSITIONS 0x600
#define NAME 0x640
#define NAME_MAP 0x680
#define FILE_NAME 0x6c0
#define SOURCE 0x700
#define MAP_CODE 0x800
#define CODE 0x840 /* of send, compiled without optimizing */
#define CODE_TABLE 0x8c0
#define RETURNS 0xabcd00 /* to where a frame does */

static unsigned char fixture[FIXTURE_SIZE];

static inline __u64 tagged(__u64 at)
{
	return at | V8_TAG;
}

static inline __u64 small(__s32 number)
{
	return (__u64)(__u32)number << 32;
}

static inline void put_word(__u64 at, __u64 word)
{
	memcpy(fixture + at, &word, sizeof(word));
}

static inline void put_map(__u64 at, __u16 type)
{
	put_word(at, tagged(MAP_OF_MAPS));
	memcpy(fixture + at + 12, &type, sizeof(type));
}

static inline void put_string(__u64 at, const char *text)
{
	__u32 length = (__u32)strlen(text);

	put_word(at, tagged(MAP_STRING));
	memcpy(fixture + at + 12, &length, sizeof(length));
	memcpy(fixture + at + 16, text, length);
}

static inline void put_shared(__u64 at, __u64 data, __u64 name, __u64 script, __u32 flags)
{
	put_word(at, tagged(MAP_SHARED));
	put_word(at + 8, data);
	put_word(at + 16, name);
	put_word(at + 32, script);
	memcpy(fixture + at + 48, &flags, sizeof(flags));
}

static inline struct v8_layout v8_11(void)
{
	const struct v8_layout layout = {
		.version = v8_version_find(11, 3),
		.smi_shift = 31,
		.pointer_tag = 1,
		.tagged_size = 8,
		.fp_context = -8,
		.fp_function = -16,
		.fp_bytecode = -32,
		.fp_offset = -40,
		.map_type = 12,
		.function_shared = 24,
		.shared_name = 16,
		.shared_script = 32,
		.shared_flags = 48,
		.script_name = 16,
		.script_source = 8,
		.script_line_ends = 56,
		.bytecode_data = 54,
		.array_length = 8,
		.array_data = 16,
		.string_length = 12,
		.one_byte_chars = 16,
		.two_byte_chars = 16,
		.external_resource = 16,
		.cons_first = 16,
		.cons_second = 24,
		.slice_parent = 16,
		.slice_offset = 24,
		.thin_actual = 16,
		.scope_first = 3,
		.instructions = 16,
		.kind_baseline = 11,
		.type_shared = 262,
		.type_script = 167,
		.type_bytecode = 191,
		.type_scope = 261,
		.type_code = 245,
		.type_interpreted = 159,
		.type_fixed_array = 175,
		.type_function = 2066,
		.type_shared_wrapper = V8_NONE,
	};

	return layout;
}

/* Two functions: send(), whose call at bytecode 3 is in line 2, and Array.map(). */
static inline void make_fixture(void)
{
	/* of bytecode -1 position 0 and of bytecode 3 position 6, both with 1 more, and a bit */
	static const unsigned char positions[] = { 0, 4, 8, 24 };
	static const unsigned char instructions[] = { 16, 10, 20 }; /* the first is no bytecode's */

	memset(fixture, 0, sizeof(fixture));
	put_map(MAP_OF_MAPS, 255);
	put_map(MAP_SHARED, 262);
	put_map(MAP_SCRIPT, 167);
	put_map(MAP_SCOPE, 261);
	put_map(MAP_BYTECODE, 191);
	put_map(MAP_TABLE, 190);
	put_map(MAP_STRING, 40);
	put_map(MAP_FUNCTION, 2066);
	put_map(MAP_CODE, 245);
	put_string(NAME, "send");
	put_string(NAME_MAP, "map");
	put_string(FILE_NAME, "/srv/a.js");
	put_string(SOURCE, "let x\nopen()\n");
	put_shared(SHARED, tagged(BYTECODE), tagged(SCOPE), tagged(SCRIPT), 0);
	put_shared(SHARED_MAP, small(1117), tagged(NAME_MAP), 0, 1 << 5);
	put_word(SCRIPT, tagged(MAP_SCRIPT));
	put_word(SCRIPT + 8, tagged(SOURCE));
	put_word(SCRIPT + 16, tagged(FILE_NAME));
	put_word(SCOPE, tagged(MAP_SCOPE));
	put_word(SCOPE + 8, small(2 | 1 << 12)); /* a function's, which has a name */
	put_word(SCOPE + 32, tagged(NAME));
	put_word(BYTECODE, tagged(MAP_BYTECODE));
	put_word(BYTECODE + 8, small(9));
	put_word(BYTECODE + 32, tagged(POSITIONS));
	put_word(POSITIONS, tagged(MAP_TABLE));
	put_word(POSITIONS + 8, small(sizeof(positions)));
	memcpy(fixture + POSITIONS + 16, positions, sizeof(positions));
	put_word(CODE, tagged(MAP_CODE));
	put_word(CODE + 16, tagged(BYTECODE));
	put_word(CODE + 24, tagged(CODE_TABLE));
	put_word(CODE_TABLE + 8, small(sizeof(instructions)));
	memcpy(fixture + CODE_TABLE + 16, instructions, sizeof(instructions));
}

/* The frame that left for C++, that of send(), which map() called, and one where C++ called. */
#define FIXTURE_FRAMES 4
static inline void make_frames(struct kept_frame frames[FIXTURE_FRAMES])
{
	memset(frames, 0, FIXTURE_FRAMES * sizeof(*frames));
	frames[0] = (struct kept_frame){ .context = 6, .fp = 0x7100, .pc = RETURNS };
	frames[1] = (struct kept_frame){ .offset = small(54 - V8_TAG + 3),
					 .bytecode = tagged(BYTECODE),
					 .scope = tagged(SCOPE),
					 .shared = tagged(SHARED),
					 .context = tagged(SCRIPT),
					 .fp = 0x7200,
					 .pc = RETURNS + 1 };
	frames[2] = (struct kept_frame){ .scope = tagged(NAME_MAP),
					 .shared = tagged(SHARED_MAP),
					 .context = tagged(SCRIPT),
					 .fp = 0x7300,
					 .pc = RETURNS + 2 };
	frames[3] = (struct kept_frame){ .context = 2, .fp = 0x7400, .pc = RETURNS + 3 };
}

#endif /* V8_FIXTURE_H */
