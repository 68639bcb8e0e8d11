/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * culprit_fixture: stacks from lists of (module, function), the innermost first, with the kinds
 * that the rules give them; for the tests of culprit.h and site_id.h.
 */
#ifndef CULPRIT_FIXTURE_H
#define CULPRIT_FIXTURE_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdlib.h>
#include <string.h>

#include "stacks/culprit.h"
#include "stacks/names/runtime_frames.h"
#include "stacks/stack.h"

#define _unused_ __attribute__((unused))

#define LIBC_SO "/usr/lib/x86_64-linux-gnu/libc.so.6"
#define SOCKET                    \
	{                         \
		LIBC_SO, "socket" \
	}
#define MAIN                       \
	{                          \
		"/srv/app", "main" \
	}
#define START                                     \
	{                                         \
		LIBC_SO, "__libc_start_call_main" \
	}

/* A list says what its test is about; the rest is 0. */
#pragma GCC diagnostic ignored "-Wmissing-field-initializers"

struct listed {
	const char *module, *function; /* both NULL: code in no file */
	__u64 offset;
	bool inlined;
};

#define STACK(...)                                         \
	stack_from((const struct listed[]){ __VA_ARGS__ }, \
		   sizeof((const struct listed[]){ __VA_ARGS__ }) / sizeof(struct listed))

_unused_ static struct stack *stack_from(const struct listed *list, unsigned int count)
{
	struct stack *stack = stack_new(count);

	assert_non_null(stack);
	for (unsigned int i = 0; i < count; i++) {
		struct frame *frame = &stack->frames[i];

		frame->module = list[i].module ? strdup(list[i].module) : NULL;
		frame->function = list[i].function ? strdup(list[i].function) : NULL;
		frame->offset = list[i].offset ?: 0x1000 + 0x10 * i;
		frame->pc = 0x550000000000 + frame->offset;
		frame->inlined = list[i].inlined;
		frame->kind = runtime_frame_kind(frame->module, frame->function);
	}
	return stack;
}

#endif /* CULPRIT_FIXTURE_H */
