/* SPDX-License-Identifier: BSD-2-Clause */
/* Manual pages: the language is mdoc(7), see mandoc.bsd.lv. */
#include <ctype.h>
#include <errno.h>
#include <string.h>

#include "describe.h"
#include "lib/text.h"

#define ALL_COMMANDS ((1U << COMMAND_COUNT) - 1)

/*
 * A sentence as text of a page: a capital first, a full stop, each option in bold with
 * minus signs, for these are to be pasted, and hyphens are not.
 */
static void print_sentence(FILE *stream, const char *help)
{
	bool option = false, first = true;
	const char *at;

	for (at = help; *at; at++) {
		if ((first || at[-1] == ' ' || at[-1] == '(') && describe_is_option_word(at))
			option = fputs("\\fB", stream) >= 0;
		if (option && (*at == ' ' || strchr(",;.)", *at))) {
			fputs("\\fR", stream);
			option = false;
		}
		if (option && *at == '-')
			fputs("\\-", stream);
		else if (*at == '\\')
			fputs("\\e", stream);
		else if (first && (*at == '.' || *at == '\''))
			fprintf(stream, "\\&%c", *at);
		else
			fputc(first ? toupper((unsigned char)*at) : *at, stream);
		first = false;
	}
	fputs(option ? "\\fR.\n" : ".\n", stream);
}

/* "older\-than": a name to be pasted. */
static void add_name(struct text *text, const char *name)
{
	for (; *name; name++)
		*name == '-' ? text_add(text, "\\-") : text_add_bytes(text, name, 1);
}

/* "trace, scan" of the commands of a page that take it; nothing when all of them do. */
static void add_takers(struct text *text, const struct option_spec *spec, unsigned int commands)
{
	unsigned int command, takers = 0;

	for (command = 0; command < COMMAND_COUNT; command++)
		if (commands & 1U << command && option_is_of(spec, (enum command)command))
			takers |= 1U << command;
	for (command = 0; takers != commands && command < COMMAND_COUNT; command++)
		if (takers & 1U << command)
			text_addf(text, "%s%s", text->len ? ", " : "",
				  command_name((enum command)command));
}

/* "5s", or "10 (trace), 10000 (scan)" where commands differ; nothing without any. */
static void add_defaults(struct text *text, const struct option_spec *spec, unsigned int commands)
{
	_cleanup_text_ struct text one = TEXT_INIT, first = TEXT_INIT, all = TEXT_INIT;
	unsigned int command, differ = 0;

	for (command = 0; command < COMMAND_COUNT; command++) {
		if (!(commands & 1U << command) || !option_is_of(spec, (enum command)command))
			continue;
		text_clear(&one);
		option_add_default(&one, spec, (enum command)command);
		if (!one.len)
			continue;
		if (!first.len)
			text_add(&first, text_str(&one));
		differ |= strcmp(text_str(&first), text_str(&one)) != 0;
		text_addf(&all, "%s%s (%s)", all.len ? ", " : "", text_str(&one),
			  command_name((enum command)command));
	}
	text_add(text, text_str(differ ? &all : &first));
}

/* The description of an option or a key, below its head. */
static void print_body(FILE *stream, const struct option_spec *spec, unsigned int commands)
{
	_cleanup_text_ struct text takers = TEXT_INIT, allowed = TEXT_INIT, value = TEXT_INIT;

	add_takers(&takers, spec, commands);
	if (takers.len)
		fprintf(stream, "(%s)\n", text_str(&takers));
	print_sentence(stream, spec->help);
	option_add_allowed(&allowed, spec);
	if (allowed.len)
		fprintf(stream, "Allowed: %s.\n", text_str(&allowed));
	add_defaults(&value, spec, commands);
	if (value.len)
		fprintf(stream, "Default: %s.\n", text_str(&value));
}

static void print_options(FILE *stream, unsigned int commands)
{
	const struct option_spec *spec;
	int group = -1;

	for (spec = option_next(NULL); spec; spec = option_next(spec)) {
		_cleanup_text_ struct text name = TEXT_INIT;

		if (spec->commands && !(spec->commands & commands))
			continue;
		if (group != (int)spec->group)
			fprintf(stream, "%s.Ss %s\n.Bl -tag -width Ds\n", group < 0 ? "" : ".El\n",
				option_group_title(spec->group));
		group = (int)spec->group;
		add_name(&name, spec->name);
		fputs(".It ", stream);
		if (spec->letter)
			fprintf(stream, "Fl %c , ", spec->letter);
		fprintf(stream, "Fl \\-%s%s%s\n", text_str(&name), spec->argument ? " Ar " : "",
			spec->argument ? spec->argument : "");
		print_body(stream, spec, commands);
	}
	if (group >= 0)
		fputs(".El\n", stream);
}

static void print_keys(FILE *stream, unsigned int commands)
{
	const struct option_spec *spec;
	unsigned int command;

	fputs(".Bl -tag -width Ds\n", stream);
	for (command = 0; command < COMMAND_COUNT; command++) {
		if (!(commands & 1U << command))
			continue;
		for (spec = option_next(NULL); spec; spec = option_next(spec)) {
			_cleanup_text_ struct text name = TEXT_INIT;

			if (!describe_is_key(spec, (enum command)command))
				continue;
			add_name(&name, spec->name);
			fprintf(stream, ".It Ic %s No = Ar %s\n", text_str(&name),
				spec->argument ? spec->argument : "yes|no");
			print_body(stream, spec, 1U << command);
			if (!spec->reloads)
				fputs("A change takes effect at the next start.\n", stream);
		}
	}
	fputs(".El\n", stream);
}

static void print_commands(FILE *stream)
{
	unsigned int command;

	fputs(".Bl -tag -width Ds\n", stream);
	for (command = 0; command < COMMAND_COUNT; command++) {
		fprintf(stream, ".It Cm %s\n", command_name((enum command)command));
		print_sentence(stream, command_summary((enum command)command));
	}
	fputs(".El\n", stream);
}

/* "trace scan" or "!agent". 0 when one of them is none. */
static unsigned int read_commands(const char *words)
{
	unsigned int command, all = 0, found, negative;
	size_t len;

	for (words += strspn(words, " "); *words; words += len + strspn(words + len, " ")) {
		len = strcspn(words, " ");
		negative = *words == '!';
		for (found = 0, command = 0; command < COMMAND_COUNT; command++) {
			const char *name = command_name((enum command)command);

			if (strlen(name) == len - negative &&
			    !memcmp(name, words + negative, len - negative))
				found = 1U << command;
		}
		if (!found)
			return 0;
		all |= negative ? ALL_COMMANDS & ~found : found;
	}
	return all;
}

/* A line that begins with '@'. false: there is no such directive, or no such command. */
static bool print_directive(FILE *stream, const char *line)
{
	size_t len = strcspn(line, " ");
	unsigned int commands = read_commands(line + len);

	if (!strcmp(line, "@version"))
		fputs(".Os sockleak " SOCKLEAK_VERSION "\n", stream);
	else if (!strcmp(line, "@commands"))
		print_commands(stream);
	else if (commands && len == strlen("@options") && !memcmp(line, "@options", len))
		print_options(stream, commands);
	else if (commands && len == strlen("@keys") && !memcmp(line, "@keys", len))
		print_keys(stream, commands);
	else
		return false;
	return true;
}

int describe_manual(FILE *source, FILE *stream, struct text *ret_error)
{
	unsigned int number = 0;
	char line[1024];

	while (fgets(line, sizeof(line), source)) {
		number++;
		line[strcspn(line, "\n")] = '\0';
		if (*line != '@') {
			fprintf(stream, "%s\n", line);
		} else if (!print_directive(stream, line)) {
			text_addf(ret_error, "line %u: '%s' is not known", number, line);
			return -EINVAL;
		}
	}
	return 0;
}
