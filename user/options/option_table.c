/* SPDX-License-Identifier: BSD-2-Clause */
/* The table of options.h, put together from its parts. */
#include <string.h>

#include "lib/text.h"
#include "options/option_rows.h"

static const struct option_spec *const parts[OPTIONS_PARTS] = { options_what, options_output,
								options_kernel };

const struct option_spec *option_next(const struct option_spec *previous)
{
	size_t next = previous ? option_index(previous) + 1 : 0;

	for (size_t part = 0; part < OPTIONS_PARTS; part++)
		for (const struct option_spec *row = parts[part]; row->name; row++)
			if (!next--)
				return row;
	return NULL;
}

size_t option_index(const struct option_spec *spec)
{
	size_t index = 0;

	for (size_t part = 0; part < OPTIONS_PARTS; part++)
		for (const struct option_spec *row = parts[part]; row->name; row++, index++)
			if (row == spec)
				return index;
	return index;
}

bool option_is_of(const struct option_spec *spec, enum command command)
{
	return !spec->commands || spec->commands & 1U << command;
}

void option_add_commands(struct text *text, const struct option_spec *spec)
{
	const char *comma = "";

	for (int i = 0; i < COMMAND_COUNT; i++) {
		if (!option_is_of(spec, (enum command)i))
			continue;
		text_addf(text, "%s%s", comma, command_name((enum command)i));
		comma = ", ";
	}
}

const struct option_spec *option_find(const char *name)
{
	const struct option_spec *spec = option_next(NULL);

	while (spec && strcmp(name, spec->name))
		spec = option_next(spec);
	return spec;
}
