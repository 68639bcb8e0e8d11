/* SPDX-License-Identifier: BSD-2-Clause */
/* Arguments of options.h back to text: the allowed ones, and the defaults. */
#include "lib/names.h"
#include "lib/text.h"
#include "lib/time.h"
#include "options/options.h"

static void add_size(struct text *text, __u64 bytes)
{
	static const char suffixes[] = { 'G', 'M', 'K' };
	unsigned int i, shift = 30;

	for (i = 0; i < sizeof(suffixes); i++, shift -= 10) {
		if (bytes && !(bytes & ((1ULL << shift) - 1))) {
			text_addf(text, "%llu%c", bytes >> shift, suffixes[i]);
			return;
		}
	}
	text_addf(text, "%llu", bytes);
}

static void add_choices(struct text *text, const struct option_spec *spec)
{
	size_t i;

	for (i = 0; spec->choices[i]; i++)
		text_addf(text, "%s%s", i ? ", " : "", spec->choices[i]);
}

static void add_classes(struct text *text)
{
	unsigned int cls;

	for (cls = CLASS_NONE + 1; cls < CLASS_COUNT; cls++)
		text_addf(text, "%s, ", leak_class_name((enum leak_class)cls));
	text_add(text, "all");
}

void option_add_allowed(struct text *text, const struct option_spec *spec)
{
	switch (spec->type) {
	case OPTION_DURATION:
		duration_add_exact(text, spec->min);
		text_add(text, " to ");
		duration_add_exact(text, spec->max);
		break;
	case OPTION_NUMBER:
	case OPTION_PIDS:
		text_addf(text, "%llu to %llu", spec->min, spec->max);
		break;
	case OPTION_SIZE:
		text_add(text, "a power of two, ");
		add_size(text, spec->min);
		text_add(text, " to ");
		add_size(text, spec->max);
		break;
	case OPTION_USER:
		text_addf(text, "a user's name, or %llu to %llu", spec->min, spec->max);
		break;
	case OPTION_COMM:
		text_addf(text, "%llu to %llu bytes", spec->min, spec->max);
		break;
	case OPTION_LIST:
		text_addf(text, "at most %d", SOCKLEAK_MAX_CGROUPS);
		break;
	case OPTION_CHOICE:
		add_choices(text, spec);
		break;
	case OPTION_CLASSES:
		add_classes(text);
		break;
	default:
		break;
	}
}

/* The default of --class; --also has none. */
static void add_left_out(struct text *text, __u32 mask)
{
	const char *before = "all but ";

	for (unsigned int cls = CLASS_NONE + 1; mask && cls < CLASS_COUNT; cls++) {
		if (mask & 1U << cls)
			continue;
		text_addf(text, "%s%s", before, leak_class_name((enum leak_class)cls));
		before = " and ";
	}
}

void option_add_default(struct text *text, const struct option_spec *spec, enum command command)
{
	struct options defaults = options_defaults(command);
	const void *value = (const char *)&defaults + spec->offset;

	if (spec->type == OPTION_DURATION && *(const __u64 *)value)
		duration_add_exact(text, *(const __u64 *)value);
	else if (spec->type == OPTION_NUMBER && *(const __u32 *)value)
		text_addf(text, "%u", *(const __u32 *)value);
	else if (spec->type == OPTION_SIZE)
		add_size(text, *(const __u32 *)value);
	else if (spec->type == OPTION_CHOICE)
		text_add(text, spec->choices[*(const __u32 *)value]);
	else if (spec->type == OPTION_CLASSES)
		add_left_out(text, *(const __u32 *)value);
}
