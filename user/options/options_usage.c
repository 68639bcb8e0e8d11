/* SPDX-License-Identifier: BSD-2-Clause */
/* The help text of options.h. */
#include <stdio.h>
#include <string.h>

#include "lib/text.h"
#include "options/options.h"

#define COLUMNS 80
#define INDENT 26 /* where the explanations begin */

static const char opening[] =
	"sockleak finds sockets that were created and never connected on this host, and\n"
	"names the code that leaks them.\n"
	"\n"
	"Usage: sockleak [COMMAND] [OPTION]...\n"
	"       sockleak run [OPTION]... [--] PROGRAM [ARGUMENT]...\n"
	"\n";

static const char examples[] =
	"\n"
	"Examples:\n"
	"  sockleak                        watch the whole host until Ctrl-C\n"
	"  sockleak -p 4242 --duration 1m  watch one process for a minute\n"
	"  sockleak --json --class connect_failed --output leaks.jsonl\n"
	"                                  write each socket whose connect() failed\n"
	"  sockleak scan --error-exitcode 9\n"
	"                                  look once; exit with 9 if anything is found\n"
	"  sockleak run --error-exitcode 9 -- make test\n"
	"                                  fail if a test leaves a socket unconnected\n"
	"  sockleak agent --textfile /var/lib/prometheus/node-exporter/sockleak.prom\n"
	"                                  metrics for Prometheus; see sockleak explain\n";

static const char about_time[] =
	"\n"
	"TIME is a number with a unit: ms, s, m, h or d; without a unit it is in seconds.\n";

static const char closing[] =
	"\n"
	"A scan's defaults: --older-than 0, --top 10000. An agent's: --older-than 1m. A\n"
	"run's: --older-than 0, --interval 100ms, --sample-after 0.\n";

static const char exit_status[] =
	"\n"
	"Exit status: 0 it ran, 1 it failed while running, 2 wrong usage or a name that\n"
	"nothing here has, 3 this host or this user's rights do not let it run.\n";

static const char run_status[] =
	"\n"
	"Exit status of a run: that of its program; 128 + N if signal N ended it, 127 if\n"
	"it is not found, 126 if it cannot be executed; 125 if sockleak itself failed,\n"
	"or, with --error-exitcode, if no process of the run matched --comm and --uid.\n";

static const char *const group_titles[GROUP_COUNT] = {
	[GROUP_WHAT] = "What is reported, and when",
	[GROUP_WHOSE] = "Which processes",
	[GROUP_OUTPUT] = "Output",
	[GROUP_KERNEL] = "Kernel side and its limits",
	[GROUP_OTHER] = "Other",
};

const char *option_group_title(enum option_group group)
{
	return (unsigned int)group < GROUP_COUNT ? group_titles[group] : NULL;
}

/* Print words from column `column` on, in lines that begin at INDENT. */
static void print_wrapped(FILE *stream, size_t column, const char *words)
{
	size_t len;

	if (column > INDENT - 2) {
		fputc('\n', stream);
		column = 0;
	}
	fprintf(stream, "%*s", (int)(INDENT - column), "");
	for (column = INDENT; *words; words += len + (words[len] == ' ')) {
		len = strcspn(words, " ");
		if (column > INDENT && column + 1 + len > COLUMNS) {
			fprintf(stream, "\n%*s", INDENT, "");
			column = INDENT;
		} else if (column > INDENT) {
			fputc(' ', stream);
			column++;
		}
		fprintf(stream, "%.*s", (int)len, words);
		column += len;
	}
	fputc('\n', stream);
}

/* Do all commands that read fd tables take it? Then the help does not name the commands. */
static bool takes_looking(const struct option_spec *spec)
{
	return option_is_of(spec, COMMAND_TRACE) && option_is_of(spec, COMMAND_SCAN) &&
	       option_is_of(spec, COMMAND_AGENT);
}

/* A command that takes it; the help shows the defaults of that command. */
static enum command first_command(const struct option_spec *spec)
{
	int command = 0;

	while (!option_is_of(spec, (enum command)command))
		command++;
	return (enum command)command;
}

static void print_option(FILE *stream, const struct option_spec *spec, enum command command,
			 bool names_commands)
{
	_cleanup_text_ struct text left = TEXT_INIT, right = TEXT_INIT, value = TEXT_INIT;

	if (spec->letter)
		text_addf(&left, "  -%c, --%s", spec->letter, spec->name);
	else
		text_addf(&left, "      --%s", spec->name);
	if (spec->argument)
		text_addf(&left, " %s", spec->argument);
	if (names_commands && spec->commands && !takes_looking(spec)) {
		text_add(&right, "(");
		option_add_commands(&right, spec);
		text_add(&right, ") ");
	}
	text_add(&right, spec->help);
	if (spec->type == OPTION_CHOICE || spec->type == OPTION_CLASSES) {
		option_add_allowed(&value, spec);
		text_addf(&right, ": %s", text_str(&value));
		text_clear(&value);
	}
	option_add_default(&value, spec, command);
	if (value.len)
		text_addf(&right, " (default: %s)", text_str(&value));
	fputs(text_str(&left), stream);
	print_wrapped(stream, left.len, text_str(&right));
}

void options_usage(FILE *stream)
{
	const struct option_spec *spec, *previous = NULL;

	fputs(opening, stream);
	for (int i = 0; i < COMMAND_COUNT; i++)
		fprintf(stream, "  %-9s%s%s\n", command_name((enum command)i),
			command_summary((enum command)i), i ? "" : " (the default)");
	fputs(examples, stream);
	for (spec = option_next(NULL); spec; previous = spec, spec = option_next(spec)) {
		if (!previous || previous->group != spec->group)
			fprintf(stream, "\n%s:\n", option_group_title(spec->group));
		print_option(stream, spec, first_command(spec), /* names_commands= */ true);
	}
	fputs(about_time, stream);
	fputs(closing, stream);
	fputs(exit_status, stream);
	fputs(run_status, stream);
}

/* TIME is explained where an option of the command has one. */
static bool has_time(enum command command)
{
	const struct option_spec *spec = option_next(NULL);

	while (spec && !(spec->type == OPTION_DURATION && option_is_of(spec, command)))
		spec = option_next(spec);
	return spec;
}

void options_help(FILE *stream, enum command command)
{
	const struct option_spec *spec;
	int group = -1;

	fprintf(stream, "sockleak %s: %s.\n\nUsage: sockleak %s [OPTION]...%s\n",
		command_name(command), command_summary(command),
		command == COMMAND_TRACE ? "[trace]" : command_name(command),
		command_argument(command));
	for (spec = option_next(NULL); spec; spec = option_next(spec)) {
		if (!option_is_of(spec, command))
			continue;
		if (group != (int)spec->group)
			fprintf(stream, "\n%s:\n", option_group_title(spec->group));
		group = (int)spec->group;
		print_option(stream, spec, command, /* names_commands= */ false);
	}
	if (has_time(command))
		fputs(about_time, stream);
	fputs(command == COMMAND_RUN ? run_status : exit_status, stream);
}
