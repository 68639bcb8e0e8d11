/* SPDX-License-Identifier: BSD-2-Clause */
#include "report/pprof/profile_frames.h"

#include <string.h>

unsigned int profile_first_frame(const struct stack *stack)
{
	unsigned int first = 0;

	while (first + 1 < stack->count && stack->frames[first].kind == FRAME_OF_LIBC)
		first++;
	return first;
}

void profile_name_frame(struct text *out, const struct frame *frame)
{
	const char *module = frame->module ? module_name(frame->module) : FRAME_JIT;

	if (frame->function && *frame->function) {
		text_add_clean(out, frame->function, strlen(frame->function));
		return;
	}
	text_add_clean(out, module, strlen(module));
	if (frame->module)
		text_addf(out, "+0x%llx", (unsigned long long)frame->offset);
}

const char *profile_no_stack(bool origin_known)
{
	return origin_known ? "[no stack]" : "[origin unknown]";
}
