/* SPDX-License-Identifier: BSD-2-Clause */
#include "report/text/text_place.h"

#include <string.h>

#include "report/short_name.h"
#include "report/text/text_page.h"

void place_add(struct text *line, const struct code_place *place, const char *program,
	       const char *package)
{
	if (place->hidden) {
		text_addf(line, "code that %s hides", place->language);
	} else if (place->language) {
		text_addf(line, "%s code run by ", place->language);
		page_add_clean(line, program);
	} else {
		page_add_frame(line, place->frame, package);
	}
}

void place_add_source(struct text *line, const struct code_place *place)
{
	if (place->frame && !place->language && !place->frame->script) /* said with the function */
		page_add_frame_source(line, place->frame);
}

void place_add_culprit(struct text *line, const struct stack *stack, const char *program)
{
	struct code_place place = culprit_place(stack);

	if (!code_place_is_known(&place))
		return;
	place_add(line, &place, program, /* package= */ NULL);
	place_add_source(line, &place);
}

void place_add_function(struct text *line, const struct code_place *place)
{
	if (place->hidden)
		text_addf(line, "code under %s", place->language);
	else if (place->language)
		text_addf(line, "%s code", place->language);
	else if (place->frame && place->frame->function)
		short_name_add(line, place->frame->function);
}

const char *place_program(const struct owner *owner, const char name[SOCKLEAK_COMM_LEN],
			  struct program_name *buffer)
{
	if (owner && owner->exe)
		return module_name(owner->exe);
	memcpy(buffer->bytes, name, SOCKLEAK_COMM_LEN);
	buffer->bytes[SOCKLEAK_COMM_LEN] = '\0';
	return buffer->bytes;
}
