/* SPDX-License-Identifier: BSD-2-Clause */
/* Completion for zsh: the specifications of _arguments, see zshcompsys(1). */
#include <string.h>

#include "describe.h"
#include "lib/text.h"

static const char *const offers[] = {
	[OFFER_NOTHING] = " ",
	[OFFER_FILES] = "_files",
	[OFFER_DIRECTORIES] = "_files -/",
	[OFFER_PIDS] = "_pids",
	[OFFER_USERS] = "_users",
	[OFFER_CGROUPS] = "_sockleak_cgroups",
	[OFFER_UNITS] = "_sockleak_units",
	[OFFER_COMMS] = "_sockleak_comms",
};

static const char opening[] =
	"#compdef sockleak\n"
	"# SPDX-License-Identifier: BSD-2-Clause\n"
	"# zsh completion for sockleak, made from its table of options\n"
	"\n"
	"_sockleak_units() {\n"
	"\tlocal -a units\n"
	"\tunits=(${(f)\"$(systemctl list-units --plain --no-legend --no-pager 2>/dev/null |"
	" cut -d' ' -f1)\"})\n"
	"\tcompadd -a units\n"
	"}\n"
	"\n"
	"_sockleak_cgroups() {\n"
	"\t_files -/ -W \"$(awk '/ - cgroup2 / { print $5; exit }' /proc/self/mountinfo)\"\n"
	"}\n"
	"\n"
	"_sockleak_comms() {\n"
	"\tlocal -aU comms\n"
	"\tcomms=(${(f)\"$(cat /proc/[0-9]*/comm 2>/dev/null)\"})\n"
	"\tcompadd -a comms\n"
	"}\n"
	"\n"
	"_sockleak() {\n"
	"\tlocal word command=trace\n"
	"\tlocal -a options commands\n";

/* Within single quotes, and within [] or between ':' of a specification. */
static void print_quoted(FILE *stream, const char *words)
{
	for (; *words; words++) {
		if (*words == '\'')
			fputs("'\\''", stream);
		else if (strchr("[]:\\", *words))
			fprintf(stream, "\\%c", *words);
		else
			fputc(*words, stream);
	}
}

/* '(-p --pid)'{-p+,--pid=}'[help]:PID:_pids' */
static void print_option(FILE *stream, const struct option_spec *spec)
{
	_cleanup_text_ struct text words = TEXT_INIT, about = TEXT_INIT;
	enum offer offer = describe_offer(spec);
	const char *equals = offer == OFFER_NO_ARGUMENT ? "" : "=";
	bool repeats = spec->type == OPTION_LIST;

	fputs("\t\t", stream);
	if (spec->letter)
		fprintf(stream, "'(-%c --%s)'{-%c%s,--%s%s}'", spec->letter, spec->name,
			spec->letter, *equals ? "+" : "", spec->name, equals);
	else
		fprintf(stream, "'%s--%s%s", repeats ? "*" : "", spec->name, equals);
	fputs("[", stream);
	describe_short(&about, spec);
	print_quoted(stream, text_str(&about));
	fputs("]", stream);
	if (offer != OFFER_NO_ARGUMENT)
		fprintf(stream, ":%s:", spec->argument);
	describe_words(&words, spec, " ");
	if (offer == OFFER_WORDS)
		fprintf(stream, "(%s)", text_str(&words));
	else if (offer == OFFER_LIST)
		fprintf(stream, "_sequence compadd - %s", text_str(&words));
	else if (offer != OFFER_NO_ARGUMENT)
		fputs(offers[offer], stream);
	fputs("'\n", stream);
}

void describe_zsh(FILE *stream)
{
	const struct option_spec *spec;
	unsigned int command;

	fputs(opening, stream);
	fputs("\tcommands=(\n", stream);
	for (command = 0; command < COMMAND_COUNT; command++) {
		fprintf(stream, "\t\t'%s:", command_name((enum command)command));
		print_quoted(stream, command_summary((enum command)command));
		fputs("'\n", stream);
	}
	fputs("\t)\n"
	      "\tfor word in ${words[2,CURRENT-1]}; do\n"
	      "\t\tif (( ${commands[(I)$word:*]} )); then\n"
	      "\t\t\tcommand=$word\n"
	      "\t\t\tbreak\n"
	      "\t\tfi\n"
	      "\tdone\n"
	      "\tcase $command in\n",
	      stream);
	for (command = 0; command < COMMAND_COUNT; command++) {
		fprintf(stream, "\t(%s) options=(\n", command_name((enum command)command));
		for (spec = option_next(NULL); spec; spec = option_next(spec))
			if (option_is_of(spec, (enum command)command))
				print_option(stream, spec);
		fputs("\t\t) ;;\n", stream);
	}
	fputs("\tesac\n"
	      "\t[[ $command == help ]] && options+=('2:command:{_describe command commands}')\n"
	      "\t_arguments -s $options '1:command:{_describe command commands}'\n"
	      "}\n"
	      "\n"
	      "_sockleak \"$@\"\n",
	      stream);
}
