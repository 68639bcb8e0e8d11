/* SPDX-License-Identifier: BSD-2-Clause */
/* Completion for fish: a line of `complete` for each option, see complete(1). */
#include <string.h>

#include "describe.h"
#include "lib/text.h"

static const char *const offers[] = {
	[OFFER_NO_ARGUMENT] = "-f",
	[OFFER_NOTHING] = "-x",
	[OFFER_FILES] = "-r -F",
	[OFFER_DIRECTORIES] = "-x -a '(__fish_complete_directories)'",
	[OFFER_PIDS] = "-x -a '(__fish_complete_pids)'",
	[OFFER_USERS] = "-x -a '(__fish_complete_users)'",
	[OFFER_CGROUPS] = "-x -a '(__sockleak_cgroups)'",
	[OFFER_UNITS] = "-x -a '(__sockleak_units)'",
	[OFFER_COMMS] = "-x -a '(cat /proc/[0-9]*/comm 2>/dev/null)'",
};

static const char opening[] =
	"# SPDX-License-Identifier: BSD-2-Clause\n"
	"# fish completion for sockleak, made from its table of options\n"
	"\n"
	"# The command that is there, or \"\".\n"
	"function __sockleak_command\n"
	"\tfor word in (commandline -opc)[2..-1]\n"
	"\t\tif contains -- $word $__sockleak_commands\n"
	"\t\t\techo $word\n"
	"\t\t\treturn\n"
	"\t\tend\n"
	"\tend\n"
	"end\n"
	"\n"
	"# Is a command to be typed: the first word, or the one after help?\n"
	"function __sockleak_takes_command\n"
	"\tset -l command (__sockleak_command)\n"
	"\ttest -z \"$command\"; or test \"$command\" = help\n"
	"end\n"
	"\n"
	"# Is it one of these? Without any it is the first.\n"
	"function __sockleak_is\n"
	"\tset -l command (__sockleak_command)\n"
	"\ttest -n \"$command\"; or set command $__sockleak_commands[1]\n"
	"\tcontains -- $command $argv\n"
	"end\n"
	"\n"
	"function __sockleak_cgroups\n"
	"\tset -l mount (awk '/ - cgroup2 / { print $5; exit }' /proc/self/mountinfo)\n"
	"\tfor directory in $mount/(commandline -ct | string replace -r '.*=' '')*/\n"
	"\t\tstring replace $mount/ '' $directory\n"
	"\tend\n"
	"end\n"
	"\n"
	"function __sockleak_units\n"
	"\tsystemctl list-units --plain --no-legend --no-pager 2>/dev/null | cut -d' ' -f1\n"
	"end\n"
	"\n"
	"complete -c sockleak -f\n";

/* Within single quotes. */
static void print_quoted(FILE *stream, const char *words)
{
	for (; *words; words++) {
		if (*words == '\'' || *words == '\\')
			fputc('\\', stream);
		fputc(*words, stream);
	}
}

static void print_option(FILE *stream, const struct option_spec *spec)
{
	_cleanup_text_ struct text words = TEXT_INIT, about = TEXT_INIT;
	enum offer offer = describe_offer(spec);
	unsigned int command;

	fputs("complete -c sockleak", stream);
	if (spec->commands) {
		fputs(" -n '__sockleak_is", stream);
		for (command = 0; command < COMMAND_COUNT; command++)
			if (option_is_of(spec, (enum command)command))
				fprintf(stream, " %s", command_name((enum command)command));
		fputs("'", stream);
	}
	if (spec->letter)
		fprintf(stream, " -s %c", spec->letter);
	fprintf(stream, " -l %s ", spec->name);
	describe_words(&words, spec, " ");
	if (offer == OFFER_WORDS)
		fprintf(stream, "-x -a '%s'", text_str(&words));
	else if (offer == OFFER_LIST)
		fprintf(stream, "-x -a '(__fish_append , %s)'", text_str(&words));
	else
		fputs(offers[offer], stream);
	fputs(" -d '", stream);
	describe_short(&about, spec);
	print_quoted(stream, text_str(&about));
	fputs("'\n", stream);
}

void describe_fish(FILE *stream)
{
	const struct option_spec *spec;
	unsigned int command;

	fputs(opening, stream);
	fputs("set -g __sockleak_commands", stream);
	for (command = 0; command < COMMAND_COUNT; command++)
		fprintf(stream, " %s", command_name((enum command)command));
	fputc('\n', stream);
	for (command = 0; command < COMMAND_COUNT; command++) {
		fprintf(stream, "complete -c sockleak -n '__sockleak_takes_command' -a %s -d '",
			command_name((enum command)command));
		print_quoted(stream, command_summary((enum command)command));
		fputs("'\n", stream);
	}
	for (spec = option_next(NULL); spec; spec = option_next(spec))
		print_option(stream, spec);
}
