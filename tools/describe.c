/* SPDX-License-Identifier: BSD-2-Clause */
/* The program, and what the formats of describe.h share. */
#include "describe.h"

#include <errno.h>
#include <string.h>

#include "lib/text.h"

static const char usage[] = "usage: describe manual < SOURCE\n"
			    "       describe config|bash|zsh|fish\n";

enum offer describe_offer(const struct option_spec *spec)
{
	/* The name of an option's argument in --help says what can be offered for it. */
	switch (spec->type) {
	case OPTION_FLAG:
	case OPTION_HELP_TEXT:
	case OPTION_VERSION_TEXT:
		return OFFER_NO_ARGUMENT;
	case OPTION_CHOICE:
		return OFFER_WORDS;
	case OPTION_CLASSES:
		return OFFER_LIST;
	case OPTION_PATH:
		return strcmp(spec->argument, "DIR") ? OFFER_FILES : OFFER_DIRECTORIES;
	case OPTION_USER:
		return OFFER_USERS;
	case OPTION_COMM:
		return OFFER_COMMS;
	case OPTION_NUMBER:
		return strcmp(spec->argument, "PID") ? OFFER_NOTHING : OFFER_PIDS;
	case OPTION_PIDS:
		return OFFER_PIDS;
	case OPTION_LIST:
		if (!strcmp(spec->argument, "PATH"))
			return OFFER_CGROUPS;
		return strcmp(spec->name, "unit") ? OFFER_NOTHING : OFFER_UNITS;
	default:
		return OFFER_NOTHING;
	}
}

void describe_words(struct text *text, const struct option_spec *spec, const char *separator)
{
	_cleanup_text_ struct text allowed = TEXT_INIT;
	const char *word;
	size_t len;

	option_add_allowed(&allowed, spec);
	for (word = text_str(&allowed); *word; word += len + strspn(word + len, ", ")) {
		len = strcspn(word, ",");
		text_add_bytes(text, word, len);
		if (word[len])
			text_add(text, separator);
	}
}

void describe_short(struct text *text, const struct option_spec *spec)
{
	text_add_bytes(text, spec->help, strcspn(spec->help, ";"));
}

bool describe_is_key(const struct option_spec *spec, enum command command)
{
	return option_is_of(spec, command) && spec->type != OPTION_HELP_TEXT &&
	       spec->type != OPTION_VERSION_TEXT && strcmp(spec->name, "config") &&
	       strcmp(spec->name, "check-config");
}

bool describe_is_option_word(const char *word)
{
	return *word == '-' && (word[1] == '-' || (word[1] >= 'a' && word[1] <= 'z'));
}

int main(int argc, char **argv)
{
	static const struct {
		const char *name;
		void (*write)(FILE *stream);
	} formats[] = {
		{ "config", describe_config },
		{ "bash", describe_bash },
		{ "zsh", describe_zsh },
		{ "fish", describe_fish },
	};
	_cleanup_text_ struct text error = TEXT_INIT;
	bool known = false;
	size_t i;

	for (i = 0; argc == 2 && i < sizeof(formats) / sizeof(formats[0]); i++) {
		if (!strcmp(argv[1], formats[i].name)) {
			known = true;
			formats[i].write(stdout);
		}
	}
	if (argc == 2 && !strcmp(argv[1], "manual")) {
		known = true;
		if (describe_manual(stdin, stdout, &error)) {
			fprintf(stderr, "describe: %s\n", text_str(&error));
			return 1;
		}
	}
	if (!known) {
		fputs(usage, stderr);
		return 2;
	}
	if (fflush(stdout) || ferror(stdout)) {
		fprintf(stderr, "describe: cannot write: %s\n", strerror(errno));
		return 1;
	}
	return 0;
}
