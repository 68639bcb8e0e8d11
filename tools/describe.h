/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * describe: what is made of the table of options when sockleak is packaged: the
 * options in its manual pages, the example of its configuration, the completion of
 * three shells. A maintainers' program of its own, linked with user/'s modules;
 * nothing of it is in sockleak. Write errors are left in the stream (ferror()).
 *
 * It knows no option and no command by name, but where a comment says so: what the
 * table gains is in all of these with the next build.
 */
#ifndef SOCKLEAK_DESCRIBE_H
#define SOCKLEAK_DESCRIBE_H

#include <stdio.h>

#include "options/options.h"

/*
 * A manual page from its source in mdoc(7): lines go through as they are, but
 *
 *   @options COMMAND...  the options of these commands, under the titles of --help;
 *                        !COMMAND: those of all commands but this one
 *   @commands            an item for each command
 *   @keys COMMAND        an item for each option of it that a file can give
 *   @version             the line .Os with it
 *
 * 0, or -EINVAL with one line added to ret_error when there is no such directive or
 * command; it names the line, the caller the file.
 */
int describe_manual(FILE *source, FILE *stream, struct text *ret_error);

/* The file of --config as it is installed: every option of `agent`, most as comments. */
void describe_config(FILE *stream);

void describe_bash(FILE *stream);
void describe_zsh(FILE *stream);
void describe_fish(FILE *stream);

/* ---- For these ---- */

/* The values that can be offered for an option's argument. */
enum offer {
	OFFER_NOTHING, /* it takes an argument, but nobody knows which */
	OFFER_NO_ARGUMENT,
	OFFER_WORDS, /* those of describe_words() */
	OFFER_LIST,  /* the same, several with commas between */
	OFFER_FILES,
	OFFER_DIRECTORIES,
	OFFER_PIDS,
	OFFER_USERS,
	OFFER_CGROUPS,
	OFFER_UNITS,
	OFFER_COMMS,
};

enum offer describe_offer(const struct option_spec *spec);
/* Add the words that are allowed as its argument, with `separator` between. */
void describe_words(struct text *text, const struct option_spec *spec, const char *separator);
/* Add the first clause of its help: shells have a line for each option. */
void describe_short(struct text *text, const struct option_spec *spec);
/* Can a file of --config give it to the command? Not what names the file, or is an action. */
bool describe_is_key(const struct option_spec *spec, enum command command);
/* Does a word of a help text name an option, as `-v` and `--top` do? */
bool describe_is_option_word(const char *word);

#endif /* SOCKLEAK_DESCRIBE_H */
