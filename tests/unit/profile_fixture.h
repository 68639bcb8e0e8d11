/* SPDX-License-Identifier: BSD-2-Clause */
/* profile_fixture: stacks, and the bytes of a profile; for the tests of report/pprof/. */
#ifndef PROFILE_FIXTURE_H
#define PROFILE_FIXTURE_H

#include <stdarg.h>
#include <setjmp.h>
#include <stddef.h>
#include <stdint.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <zlib.h>

#include <cmocka.h>

#include "lib/text.h"
#include "report/pprof/profile_reader.h"

#define _unused_ __attribute__((unused))

/* A frame of "function@module:file:line"; what is empty is not known. Frees nothing. */
_unused_ static void set_frame(struct frame *frame, const char *function, const char *module,
			       const char *file, unsigned int line, __u64 offset)
{
	frame->function = function ? strdup(function) : NULL;
	frame->module = module ? strdup(module) : NULL;
	frame->file = file ? strdup(file) : NULL;
	frame->line = line;
	frame->offset = offset;
	frame->pc = 0x7f0000000000 + offset;
}

/* socket() of libc, `function` at a.c:7 in libx.so, main of app; both files have build ids. */
_unused_ static struct stack *three_frames(const char *function)
{
	struct stack *stack = stack_new(3);

	set_frame(&stack->frames[0], "socket", "/lib/libc.so.6", NULL, 0, 0x100);
	stack->frames[0].kind = FRAME_OF_LIBC;
	set_frame(&stack->frames[1], function, "/usr/lib/libx.so", "a.c", 7, 0x1235);
	stack->frames[1].build_id = strdup("aa11");
	set_frame(&stack->frames[2], "main", "/usr/bin/app", "main.c", 3, 0x2001);
	stack->frames[2].build_id = strdup("bb22");
	stack->site = 0xabcdef;
	return stack;
}

/* The bytes within a gzip file. */
_unused_ static struct text inflated(const struct text *gzip)
{
	z_stream stream = { .next_in = (Bytef *)gzip->data, .avail_in = (uInt)gzip->len };
	struct text out = TEXT_INIT;
	static unsigned char room[1 << 20];

	assert_int_equal(inflateInit2(&stream, MAX_WBITS + 16), Z_OK);
	stream.next_out = room;
	stream.avail_out = sizeof(room);
	assert_int_equal(inflate(&stream, Z_FINISH), Z_STREAM_END);
	text_add_bytes(&out, room, sizeof(room) - stream.avail_out);
	inflateEnd(&stream);
	return out;
}

/* What was read, a line for each sample: "site comm function file:line module open created age". */
_unused_ static int add_sample_line(const struct profile_sample *sample, void *ctx)
{
	const struct profile_string *parts[] = { &sample->site, &sample->comm, &sample->function,
						 &sample->file };
	struct text *lines = ctx;

	for (size_t i = 0; i < sizeof(parts) / sizeof(parts[0]); i++) {
		text_add_bytes(lines, parts[i]->bytes ?: "-", parts[i]->bytes ? parts[i]->len : 1);
		text_add(lines, i < 3 ? " " : ":");
	}
	text_addf(lines, "%llu ", (unsigned long long)sample->line);
	text_add_bytes(lines, sample->module.bytes ?: "-",
		       sample->module.bytes ? sample->module.len : 1);
	text_addf(lines, " %lld %lld %lld\n", (long long)sample->values[PROFILE_OPEN],
		  (long long)sample->values[PROFILE_CREATED],
		  (long long)sample->values[PROFILE_AGE_S]);
	return 0;
}

_unused_ static void expect_samples(const struct text *gzip, const char *lines)
{
	_cleanup_text_ struct text found = TEXT_INIT, error = TEXT_INIT;

	assert_int_equal(profile_read(gzip->data, gzip->len, add_sample_line, &found, &error), 0);
	assert_string_equal(text_str(&found), lines);
}

/* How often some bytes stand in a text. */
_unused_ static unsigned int occurrences(const struct text *text, const char *bytes, size_t len)
{
	const char *at = text->data, *end = text->data + text->len;
	unsigned int count = 0;

	while (at && (at = memmem(at, (size_t)(end - at), bytes, len))) {
		count++;
		at += len;
	}
	return count;
}

#endif /* PROFILE_FIXTURE_H */
