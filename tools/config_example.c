/* SPDX-License-Identifier: BSD-2-Clause */
/* The example of --config's file, which is also what packages install. */
#include <string.h>

#include "describe.h"
#include "lib/text.h"

#define COLUMNS 78

/* The service is installed with these; the agent itself writes and pins nothing unasked. */
static const struct {
	const char *name;
	const char *value;
} preset[] = {
	{ "textfile", "/var/lib/prometheus/node-exporter/sockleak.prom" },
	{ "pin", "/sys/fs/bpf/sockleak" },
};

static const char opening[] =
	"# SPDX-License-Identifier: BSD-2-Clause\n"
	"#\n"
	"# /etc/sockleak/sockleak.conf: configuration of `sockleak agent`; see sockleak.conf(5).\n"
	"# Each key is an option's long name. A commented line shows the default or, if there is\n"
	"# none, a name for the value. Check a change before you use it:\n"
	"#   sockleak agent --config /etc/sockleak/sockleak.conf --check-config\n"
	"#   systemctl reload sockleak\n";

/* A comment of words, in lines of at most COLUMNS. */
static void print_comment(FILE *stream, const char *words)
{
	size_t column = 1, len;

	fputc('#', stream);
	for (; *words; words += len + (words[len] == ' ')) {
		len = strcspn(words, " ");
		if (column > 1 && column + 1 + len > COLUMNS) {
			fputs("\n#", stream);
			column = 1;
		}
		fprintf(stream, " %.*s", (int)len, words);
		column += 1 + len;
	}
	fputc('\n', stream);
}

static const char *preset_of(const struct option_spec *spec)
{
	for (size_t i = 0; i < sizeof(preset) / sizeof(preset[0]); i++)
		if (!strcmp(preset[i].name, spec->name))
			return preset[i].value;
	return NULL;
}

static void print_key(FILE *stream, const struct option_spec *spec, enum command command)
{
	_cleanup_text_ struct text about = TEXT_INIT, allowed = TEXT_INIT, value = TEXT_INIT;

	text_add(&about, spec->help);
	option_add_allowed(&allowed, spec);
	if (allowed.len)
		text_addf(&about, " (%s)", text_str(&allowed));
	option_add_default(&value, spec, command);
	if (spec->type == OPTION_CLASSES) { /* its default is given in words */
		text_addf(&about, "; default: %s", text_str(&value));
		text_clear(&value);
	}
	fputc('\n', stream);
	print_comment(stream, text_str(&about));
	if (preset_of(spec))
		fprintf(stream, "%s = %s\n", spec->name, preset_of(spec));
	else if (value.len)
		fprintf(stream, "#%s = %s\n", spec->name, text_str(&value));
	else
		fprintf(stream, "#%s = %s\n", spec->name, spec->argument ? spec->argument : "no");
}

void describe_config(FILE *stream)
{
	const struct option_spec *spec;
	unsigned int command;
	int group = -1;

	fputs(opening, stream);
	for (command = 0; command < COMMAND_COUNT; command++) {
		if (strcmp(command_name((enum command)command), "agent"))
			continue;
		for (spec = option_next(NULL); spec; spec = option_next(spec)) {
			if (!describe_is_key(spec, (enum command)command))
				continue;
			if (group != (int)spec->group)
				fprintf(stream, "\n# ---- %s ----\n",
					option_group_title(spec->group));
			group = (int)spec->group;
			print_key(stream, spec, (enum command)command);
		}
	}
}
