/* SPDX-License-Identifier: BSD-2-Clause */
/* Completion for bash; it needs bash alone, no bash-completion. */
#include <string.h>

#include "describe.h"
#include "lib/text.h"

/* How each offer is made. `cur` is what is there of the word. */
static const char *const offers[] = {
	[OFFER_FILES] = "_sockleak_files -f",
	[OFFER_DIRECTORIES] = "_sockleak_files -d",
	[OFFER_PIDS] = "_sockleak_words \"$(cd /proc && echo [0-9]*)\"",
	[OFFER_USERS] = "mapfile -t COMPREPLY < <(compgen -u -- \"$cur\")",
	[OFFER_CGROUPS] = "_sockleak_cgroups",
	[OFFER_UNITS] = "_sockleak_words \"$(_sockleak_units)\"",
	[OFFER_COMMS] = "_sockleak_words \"$(cat /proc/[0-9]*/comm 2>/dev/null)\"",
	[OFFER_NOTHING] = ":",
};

static const char opening[] =
	"# SPDX-License-Identifier: BSD-2-Clause\n"
	"# bash completion for sockleak, made from its table of options\n"
	"\n"
	"_sockleak_words() { mapfile -t COMPREPLY < <(compgen -W \"$1\" -- \"$cur\"); }\n"
	"\n"
	"_sockleak_files()\n"
	"{\n"
	"\tcompopt -o filenames 2>/dev/null\n"
	"\tmapfile -t COMPREPLY < <(compgen \"$1\" -- \"$cur\")\n"
	"}\n"
	"\n"
	"# Several words with commas between: only the last one is completed.\n"
	"_sockleak_list()\n"
	"{\n"
	"\tlocal given='' word\n"
	"\t[[ $cur == *,* ]] && given=${cur%,*},\n"
	"\tfor word in $1; do\n"
	"\t\t[[ ,$given != *,\"$word\",* && $word == \"${cur##*,}\"* ]] &&\n"
	"\t\t\tCOMPREPLY+=(\"$given$word\")\n"
	"\tdone\n"
	"\tcompopt -o nospace 2>/dev/null\n"
	"}\n"
	"\n"
	"# Below the mount of version 2, wherever that is.\n"
	"_sockleak_cgroups()\n"
	"{\n"
	"\tlocal mount\n"
	"\tmount=$(awk '/ - cgroup2 / { print $5; exit }' /proc/self/mountinfo)\n"
	"\tcompopt -o filenames -o nospace 2>/dev/null\n"
	"\tmapfile -t COMPREPLY < <(cd \"$mount\" 2>/dev/null && compgen -d -S / -- \"$cur\")\n"
	"}\n"
	"\n"
	"_sockleak_units()\n"
	"{\n"
	"\tsystemctl list-units --plain --no-legend --no-pager 2>/dev/null | cut -d' ' -f1\n"
	"}\n"
	"\n"
	"_sockleak()\n"
	"{\n"
	"\tlocal cur=${COMP_WORDS[COMP_CWORD]} previous='' command='' options='' i\n"
	"\tCOMPREPLY=()\n"
	"\t# `--name=value` comes as three words.\n"
	"\ti=$((COMP_CWORD - 1))\n"
	"\tif [[ $cur == = ]]; then\n"
	"\t\tcur=\n"
	"\telif [[ ${COMP_WORDS[i]} == = ]]; then\n"
	"\t\ti=$((i - 1))\n"
	"\tfi\n"
	"\tprevious=${COMP_WORDS[i]}\n";

static const char find_command[] =
	"\t# The command is the first word that is neither an option nor its argument.\n"
	"\tfor ((i = 1; i < COMP_CWORD; i++)); do\n"
	"\t\tif [[ $with_argument == *\" ${COMP_WORDS[i]} \"* ]]; then\n"
	"\t\t\t[[ ${COMP_WORDS[i + 1]} == = ]] && i=$((i + 1))\n"
	"\t\t\ti=$((i + 1))\n"
	"\t\telif [[ ${COMP_WORDS[i]} != [-=]* ]]; then\n"
	"\t\t\tcommand=${COMP_WORDS[i]}\n"
	"\t\t\tbreak\n"
	"\t\tfi\n"
	"\tdone\n";

static const char closing[] = "\tif [[ $cur == -* ]]; then\n"
			      "\t\t_sockleak_words \"$options\"\n"
			      "\telif [[ -z $command || $command == help ]]; then\n"
			      "\t\t_sockleak_words \"$commands\"\n"
			      "\tfi\n"
			      "}\n"
			      "\n"
			      "complete -F _sockleak sockleak ./sockleak\n";

static void print_arguments(FILE *stream)
{
	const struct option_spec *spec;

	fputs("\tcase $previous in\n", stream);
	for (spec = option_next(NULL); spec; spec = option_next(spec)) {
		_cleanup_text_ struct text words = TEXT_INIT;
		enum offer offer = describe_offer(spec);

		if (offer == OFFER_NO_ARGUMENT)
			continue;
		fputs("\t", stream);
		if (spec->letter)
			fprintf(stream, "-%c | ", spec->letter);
		fprintf(stream, "--%s)\n", spec->name);
		if (offer == OFFER_WORDS || offer == OFFER_LIST) {
			describe_words(&words, spec, " ");
			fprintf(stream, "\t\t%s \"%s\"\n",
				offer == OFFER_LIST ? "_sockleak_list" : "_sockleak_words",
				text_str(&words));
		} else {
			fprintf(stream, "\t\t%s\n", offers[offer]);
		}
		fputs("\t\treturn\n\t\t;;\n", stream);
	}
	fputs("\tesac\n", stream);
}

static void print_option_words(FILE *stream, enum command command)
{
	const struct option_spec *spec;
	const char *between = "";

	for (spec = option_next(NULL); spec; spec = option_next(spec)) {
		if (!option_is_of(spec, command))
			continue;
		fprintf(stream, "%s--%s", between, spec->name);
		if (spec->letter)
			fprintf(stream, " -%c", spec->letter);
		between = " ";
	}
}

void describe_bash(FILE *stream)
{
	const struct option_spec *spec;
	unsigned int command;

	fputs(opening, stream);
	fputs("\tlocal commands=\"", stream);
	for (command = 0; command < COMMAND_COUNT; command++)
		fprintf(stream, "%s%s", command ? " " : "", command_name((enum command)command));
	fputs("\"\n\tlocal with_argument=\" ", stream);
	for (spec = option_next(NULL); spec; spec = option_next(spec)) {
		if (describe_offer(spec) == OFFER_NO_ARGUMENT)
			continue;
		fprintf(stream, "--%s ", spec->name);
		if (spec->letter)
			fprintf(stream, "-%c ", spec->letter);
	}
	fputs("\"\n", stream);
	print_arguments(stream);
	fputs(find_command, stream);
	fputs("\tcase $command in\n", stream);
	for (command = 0; command < COMMAND_COUNT; command++) {
		fprintf(stream, "\t%s%s)\n\t\toptions=\"", command == COMMAND_TRACE ? "'' | " : "",
			command_name((enum command)command));
		print_option_words(stream, (enum command)command);
		fputs("\"\n\t\t;;\n", stream);
	}
	fputs("\tesac\n", stream);
	fputs(closing, stream);
}
