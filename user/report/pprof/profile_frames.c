/* SPDX-License-Identifier: BSD-2-Clause */
#include "report/pprof/profile_frames.h"

#include <string.h>

#include "stacks/names/python_name.h"

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
	const char *function = frame->function, *file;
	size_t len = function ? strlen(function) : 0;

	python_name_split(function, &function, &len, &file);
	if (len) {
		text_add_clean(out, function, len);
		return;
	}
	text_add_clean(out, module, strlen(module));
	if (frame->module && !frame->script)
		text_addf(out, "+0x%llx", (unsigned long long)frame->offset);
}

const char *profile_frame_file(const struct frame *frame)
{
	const char *function, *file = NULL;
	size_t len;

	if (!frame->file)
		python_name_split(frame->function, &function, &len, &file);
	return frame->file ?: file;
}

const char *profile_no_stack(bool origin_known)
{
	return origin_known ? "[no stack]" : "[origin unknown]";
}
