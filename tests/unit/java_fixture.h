/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * java_fixture: a piece of memory that has what HotSpot 17 has: two methods, code of both, and a
 * stack. Its addresses begin at 0; offsets are those of the real machine.
 */
#ifndef JAVA_FIXTURE_H
#define JAVA_FIXTURE_H

#include <stdlib.h>
#include <string.h>

#include "stacks/scripts/java.h"

#define FIXTURE_SIZE 0x1c00

/* Where is what. */
#define METHOD_A 0x400 /* Acme.send */
#define METHOD_B 0x600 /* Acme.main */
#define CLASS 0x800
#define POOL 0xa00
#define HEAP 0x1000 /* of code: 16 segments of 128 bytes */
#define SEGMENTS 0xe00
#define INTERPRETER 0x1010 /* a blob of two segments */
#define COMPILED 0x1110	   /* one of eight */
#define FRAMES 0x1800	   /* the stack */

static unsigned char fixture[FIXTURE_SIZE];

static inline void put_word(__u64 at, __u64 word)
{
	memcpy(fixture + at, &word, sizeof(word));
}

static inline void put_number(__u64 at, __u32 number)
{
	memcpy(fixture + at, &number, sizeof(number));
}

static inline void put_half(__u64 at, __u16 half)
{
	memcpy(fixture + at, &half, sizeof(half));
}

static inline void put_text(__u64 at, const char *text)
{
	memcpy(fixture + at, text, strlen(text) + 1);
}

/* A symbol: its length, and its text behind six bytes. */
static inline void put_symbol(__u64 at, const char *text)
{
	put_half(at + 4, (__u16)strlen(text));
	put_text(at + 6, text);
}

static inline struct java java_17(void)
{
	static const struct java_layout layout = {
		.array_length = 0,
		.array_data = 8,
		.heap_memory = 8,
		.heap_segments = 120,
		.heap_log2_segment = 256,
		.space_low = 0,
		.space_high = 8,
		.block_used = 8,
		.block_size = 16,
		.blob_name = 96,
		.blob_size = 12,
		.blob_frame_size = 28,
		.blob_data_offset = 24,
		.blob_code_begin = 32,
		.blob_code_end = 40,
		.blob_code_offset = JAVA_NONE,
		.blob_mutable_data = JAVA_NONE,
		.blob_relocation_size = JAVA_NONE,
		.compiled_method = 112,
		.compiled_orig_pc = 300,
		.compiled_metadata = 260,
		.compiled_immutable = JAVA_NONE,
		.compiled_scopes_begin = 120,
		.compiled_scopes = JAVA_NONE,
		.compiled_pcs = 268,
		.compiled_pcs_end = 272,
		.compiled_deopt_begin = 128,
		.compiled_deopt = JAVA_NONE,
		.compiled_deopt_mh_begin = 136,
		.compiled_deopt_mh = JAVA_NONE,
		.pc_size = 16,
		.pc_offset = 0,
		.pc_scope = 4,
		.method_const = 8,
		.method_access = 40,
		.method_flags = 50,
		.method_intrinsic = 48,
		.const_constants = 8,
		.const_flags = 28,
		.const_words = 24,
		.const_code_size = 32,
		.const_name = 34,
		.const_size = 48,
		.pool_holder = 24,
		.pool_length = 60,
		.pool_source = 54,
		.pool_size = 72,
		.class_constants = 232,
		.class_source = JAVA_NONE,
		.class_name = 24,
		.symbol_length = 4,
		.symbol_body = 6,
		.hidden_flag = 8,
		.lines_flag = 1,
		.bytecode = -64,
	};

	return (struct java){ .layout = layout,
			      .heaps = { { HEAP, HEAP + 0x800, SEGMENTS, 7 } },
			      .count = 1 };
}

/* A method of 20 bytes of bytecode; its lines: from 0 on `line`, from 9 on the one behind 30. */
static inline void put_method(__u64 at, __u16 name, __u8 line)
{
	static const unsigned char lines[] = { 0xff, 18, 62, 0 }; /* 9 and 31, both signed */
	__u64 constant = at + 0x100;

	put_word(at + 8, constant);
	put_word(constant + 8, POOL);
	put_number(constant + 24, 20);
	put_half(constant + 28, 1);
	put_half(constant + 32, 20);
	put_half(constant + 34, name);
	fixture[constant + 48 + 20] =
		line; /* 0 further in bytecode, less than 8 further in lines */
	memcpy(fixture + constant + 48 + 21, lines, sizeof(lines));
}

static inline void put_class(void)
{
	put_word(CLASS + 232, POOL);
	put_word(CLASS + 24, 0xc00);
	put_symbol(0xc00, "com/acme/Acme");
	put_word(POOL + 24, CLASS);
	put_number(POOL + 60, 4);
	put_half(POOL + 54, 3);
	put_word(POOL + 72 + 8, 0xc40);
	put_word(POOL + 72 + 16, 0xc80);
	put_word(POOL + 72 + 24, 0xcc0);
	put_symbol(0xc40, "send");
	put_symbol(0xc80, "main");
	put_symbol(0xcc0, "Acme.java");
}

/* A blob that begins behind the header of its block. */
static inline void put_blob(__u64 at, __u64 end, __u64 name, __u32 frame_words)
{
	unsigned int from = (unsigned int)((at - 16 - HEAP) >> 7);

	for (unsigned int i = from; i < (end - HEAP) >> 7; i++)
		fixture[SEGMENTS + i] = (unsigned char)(i - from);
	fixture[at - 16 + 8] = 1;
	put_number(at + 12, (__u32)(end - at));
	put_number(at + 28, frame_words);
	put_word(at + 32, at + 0x10 < end ? at + 0x10 : at);
	put_word(at + 40, end);
	put_word(at + 96, name);
}

/*
 * Compiled code of main(), with send() inlined: at 0x20 of it, send() stands at 9 and main() at 0.
 * What describes it is behind its code.
 */
static inline void put_compiled(void)
{
	static const unsigned char scopes[] = {
		0, 0, 2, 1, /* main: no caller, metadata 2, 0 + 1 */
		1, 1, 10
	}; /* send: called by 1, metadata 1, 9 + 1 */

	put_blob(COMPILED, COMPILED + 0x3f0, 0xd40, 6);
	put_word(COMPILED + 32, COMPILED + 0x200); /* its code, behind the header */
	put_word(COMPILED + 112, METHOD_B);
	put_word(COMPILED + 120, 0xd80);
	put_word(COMPILED + 128, COMPILED + 0x280);
	put_number(COMPILED + 260, 0x3c0);
	put_number(COMPILED + 268, 0x380);
	put_number(COMPILED + 272, 0x3b0);
	put_number(COMPILED + 300, 8);
	put_number(COMPILED + 0x380, (__u32)-1);
	put_number(COMPILED + 0x390, 0x20);
	put_number(COMPILED + 0x394, 4);
	put_number(COMPILED + 0x3a0, 0x1000);
	memcpy(fixture + 0xd80, scopes, sizeof(scopes));
	put_word(COMPILED + 0x3c0, METHOD_A);
	put_word(COMPILED + 0x3c8, METHOD_B);
}

/* send() in the interpreter, called by compiled code, which code of no runtime has called. */
static inline void put_frames(void)
{
	put_word(FRAMES + 0x100, FRAMES + 0x200); /* the frame pointer */
	put_word(FRAMES + 0x108, COMPILED + 0x220);
	put_word(FRAMES + 0x100 - 8, FRAMES + 0x110);
	put_word(FRAMES + 0x100 - 24, METHOD_A);
	put_word(FRAMES + 0x100 - 64, METHOD_A + 0x100 + 48 + 3);
	put_word(FRAMES + 0x110 + 6 * 8 - 8, 0x7777);
	put_word(FRAMES + 0x110 + 6 * 8 - 16, 0x8888);
}

static inline void make_fixture(void)
{
	memset(fixture, 0, sizeof(fixture));
	memset(fixture + SEGMENTS, 0xff, 16);
	put_class();
	put_method(METHOD_A, 1, 7);
	put_method(METHOD_B, 2, 5);
	put_text(0xd00, "Interpreter");
	put_text(0xd40, "nmethod");
	put_blob(INTERPRETER, COMPILED - 16, 0xd00, 0);
	put_compiled();
	put_frames();
}

#endif /* JAVA_FIXTURE_H */
