/* SPDX-License-Identifier: BSD-2-Clause */
#include "options/options.h"

#include <errno.h>
#include <getopt.h>
#include <stdint.h>
#include <string.h>

#include "lib/text.h"
#include "options/config.h"
#include "options/distance.h"
#include "options/option_values.h"

#define LONG_ONLY 256 /* getopt's value of an option is this + its index, beyond any letter */
#define TRY_HELP "; try 'sockleak --help'"

bool options_rule_cgroups(const struct options *options)
{
	return options_limit_cgroups(options) || options->excluded_cgroups.count;
}

bool options_limit_cgroups(const struct options *options)
{
	return options->cgroups.count || options->units.count || options->machines.count ||
	       options->containers.count || options->pods.count;
}

bool options_want_scripts(const struct options *options, __u32 language)
{
	switch ((enum script_choice)options->script_frames) {
	case SCRIPTS_ALL:
		return true;
	case SCRIPTS_OFF:
		break;
	case SCRIPTS_PYTHON:
		return language == SCRIPT_PYTHON;
	case SCRIPTS_RUBY:
		return language == SCRIPT_RUBY;
	case SCRIPTS_PHP:
		return language == SCRIPT_PHP;
	case SCRIPTS_JAVA:
		return language == SCRIPT_JAVA;
	case SCRIPTS_PERL:
		return language == SCRIPT_PERL;
	case SCRIPTS_JAVASCRIPT:
		return language == SCRIPT_JAVASCRIPT;
	}
	return false;
}

bool options_limit(const struct options *options)
{
	return options_limit_cgroups(options) || options->pids.count || options->by_uid ||
	       options->comm;
}

__u32 options_classes(const struct options *options)
{
	return options->classes | options->also;
}

bool options_want(const struct options *options, enum leak_class cls)
{
	return options_classes(options) & 1U << cls;
}

/* By getopt's value. */
static const struct option_spec *spec_of(int value)
{
	const struct option_spec *spec;

	for (spec = option_next(NULL); spec; spec = option_next(spec))
		if (value == LONG_ONLY + (int)option_index(spec) ||
		    (value && value == spec->letter))
			return spec;
	return NULL;
}

/* Options that begin so: getopt accepts an abbreviation only if there is just one. */
static bool add_ambiguous(struct text *error, const char *name, size_t len)
{
	const struct option_spec *spec;
	size_t matches = 0;

	for (spec = option_next(NULL); spec; spec = option_next(spec))
		matches += !strncmp(spec->name, name, len);
	if (!len || matches < 2)
		return false;
	text_add(error, " is ambiguous: it may be");
	for (spec = option_next(NULL); spec; spec = option_next(spec))
		if (!strncmp(spec->name, name, len))
			text_addf(error, " --%s%s", spec->name, --matches ? "," : "");
	return true;
}

static void add_nearest(struct text *error, const char *name, size_t len)
{
	const struct option_spec *spec;
	struct nearest nearest = nearest_begin(name, len);

	for (spec = option_next(NULL); spec; spec = option_next(spec))
		nearest_try(&nearest, spec->name);
	text_add(error, " is not known");
	nearest_add(&nearest, "--", error);
}

static int unknown_option(const char *word, int letter, struct text *error)
{
	const struct option_spec *spec = spec_of(letter);
	const char *name = word + strspn(word, "-");
	char short_name = (char)letter;
	size_t len = strcspn(name, "=");

	if (spec) {
		text_addf(error, "option '--%s' takes no argument" TRY_HELP, spec->name);
		return -EINVAL;
	}
	text_add(error, letter ? "option '-" : "option '--");
	text_add_clean(error, letter ? &short_name : name, letter ? 1 : len);
	text_add(error, "'");
	if (letter)
		text_add(error, " is not known");
	else if (!add_ambiguous(error, name, len))
		add_nearest(error, name, len);
	text_add(error, TRY_HELP);
	return -EINVAL;
}

/* The table in getopt's form. */
struct getopt_table {
	struct option longs[OPTIONS_MAX + 1];
	char shorts[2 * OPTIONS_MAX + 3];
};

static void fill_getopt(struct getopt_table *getopt)
{
	const struct option_spec *spec;
	struct option *next = getopt->longs;
	char *shorts = getopt->shorts;

	/* '-': other words come in order, as option 1; ':': a missing argument is reported as such
	 */
	*shorts++ = '-';
	*shorts++ = ':';
	for (spec = option_next(NULL); spec; spec = option_next(spec)) {
		*next++ = (struct option){ spec->name, spec->argument != NULL, NULL,
					   LONG_ONLY + (int)option_index(spec) };
		if (!spec->letter)
			continue;
		*shorts++ = spec->letter;
		if (spec->argument)
			*shorts++ = ':';
	}
	*shorts = '\0';
	*next = (struct option){ 0 };
}

struct words {
	const char *first, *second; /* that are not options, nor their arguments; NULL = none */
	const char *config;	    /* the argument of --config; NULL = none */
};

/* getopt() finds the words, without a report. */
static struct words peek(int argc, char **argv)
{
	struct getopt_table table;
	struct words words = { 0 };
	int value;

	fill_getopt(&table);
	opterr = 0;
	optind = 0; /* not 1, which would keep what an earlier call left half read */
	while ((value = getopt_long(argc, argv, table.shorts, table.longs, NULL)) != -1) {
		if (value == 1 && words.first)
			words.second = words.second ?: optarg;
		else if (value == 1)
			words.first = optarg;
		else if (value >= LONG_ONLY && !strcmp(spec_of(value)->name, "config"))
			words.config = optarg;
		if (words.second && command_from_name(words.first) == COMMAND_RUN)
			break; /* what follows is the program's */
	}
	if (!words.first && optind < argc)
		words.first = argv[optind++];
	if (!words.second && optind < argc)
		words.second = argv[optind];
	return words;
}

/* The command decides the defaults, and may follow the options. */
enum command options_peek(int argc, char **argv, const char **ret_config)
{
	struct words words = peek(argc, argv);
	int command = words.first ? command_from_name(words.first) : -1;

	*ret_config = words.config;
	return command < 0 ? COMMAND_TRACE : (enum command)command;
}

enum command options_help_subject(int argc, char **argv)
{
	struct words words = peek(argc, argv);
	int command = words.first ? command_from_name(words.first) : -1;

	if (command == COMMAND_HELP)
		command = words.second ? command_from_name(words.second) : -1;
	return command < 0 ? COMMAND_COUNT : (enum command)command;
}

static void add_commands(struct text *error)
{
	text_add(error, "there are");
	for (int i = 0; i < COMMAND_COUNT; i++)
		text_addf(error, "%s '%s'",
			  !i			? "" :
			  i + 1 < COMMAND_COUNT ? "," :
						  " and",
			  command_name((enum command)i));
}

static int unknown_command(const char *word, struct text *error)
{
	struct nearest nearest = nearest_begin(word, strlen(word));

	for (int i = 0; i < COMMAND_COUNT; i++)
		nearest_try(&nearest, command_name((enum command)i));
	text_add(error, "unknown command '");
	text_add_clean(error, word, strlen(word));
	text_add(error, "'");
	if (!nearest_add(&nearest, "", error)) {
		text_add(error, ", ");
		add_commands(error);
	}
	text_add(error, TRY_HELP);
	return -EINVAL;
}

/* A word that is not an option: the command, or its argument. */
static int read_command(const char *word, unsigned int *n_words, struct options *options,
			struct text *error)
{
	unsigned int before = (*n_words)++;
	bool is_number = *word && strspn(word, "0123456789") == strlen(word);

	if (!before && command_from_name(word) >= 0)
		return options->command == COMMAND_VERSION ? OPTIONS_VERSION : 0;
	if (before == 1 && options->command == COMMAND_EXPLAIN) {
		options->site = word;
		return 0;
	}
	if (before && options->command == COMMAND_DIFF && !options->after) {
		*(options->before ? &options->after : &options->before) = word;
		return 0;
	}
	if (before == 1 && options->command == COMMAND_HELP)
		return command_from_name(word) >= 0 ? 0 : unknown_command(word, error);
	if (is_number) {
		text_addf(error, "unexpected argument '%s'; to watch one process, use --pid %s",
			  word, word);
		return -EINVAL;
	}
	if (!before)
		return unknown_command(word, error);
	text_add(error, "unexpected argument '");
	text_add_clean(error, word, strlen(word));
	text_add(error, "'" TRY_HELP);
	return -EINVAL;
}

/*
 * Does it choose what is watched or where the report goes, and hold one value? Giving such an
 * option twice is an error. If another option, such as --top, is given twice, the last one counts,
 * so that an alias can be overridden.
 */
static bool is_single(const struct option_spec *spec)
{
	return (spec->group == GROUP_WHOSE || spec->type == OPTION_CLASSES ||
		spec->type == OPTION_PATH) &&
	       spec->type != OPTION_LIST && spec->type != OPTION_PIDS;
}

/* The values given so far, in the order of the table. */
struct given {
	const char *values[OPTIONS_MAX]; /* of the command line; NULL = nothing */
	bool in_file[OPTIONS_MAX];	 /* it came from the file, and still counts */
};

static int reject_command(const struct option_spec *spec, struct text *error)
{
	text_addf(error, "option '--%s' is not for this command; it is for: ", spec->name);
	option_add_commands(error, spec);
	text_add(error, TRY_HELP);
	return -EINVAL;
}

static int read_option(int value, struct given *given, struct options *options, struct text *error)
{
	const struct option_spec *spec = spec_of(value);
	size_t index = option_index(spec);
	const char **before = &given->values[index];

	if (spec->type == OPTION_HELP_TEXT)
		return OPTIONS_HELP;
	if (spec->type == OPTION_VERSION_TEXT)
		return OPTIONS_VERSION;
	if (!option_is_of(spec, options->command))
		return reject_command(spec, error);
	if (is_single(spec) && *before && strcmp(*before, optarg)) {
		text_addf(error, "--%s is given twice, as '", spec->name);
		text_add_clean(error, *before, strlen(*before));
		text_add(error, "' and '");
		text_add_clean(error, optarg, strlen(optarg));
		text_add(error, spec->type == OPTION_CLASSES ? "'; put commas between classes" :
							       "'; give it once");
		return -EINVAL;
	}
	if (given->in_file[index])
		option_reset(spec, options);
	given->in_file[index] = false;
	*before = optarg;
	return option_read(spec, optarg, options, error);
}

/* Is it for a command that reads a file? The commands share one, and skip each other's options. */
static bool has_reader(const struct option_spec *spec)
{
	const struct option_spec *config = option_find("config");

	for (int i = 0; i < COMMAND_COUNT; i++)
		if (option_is_of(config, (enum command)i) && option_is_of(spec, (enum command)i))
			return true;
	return false;
}

/* One line of the file. */
static int read_setting(const struct config_line *line, struct given *given,
			struct options *options, struct text *error)
{
	const struct option_spec *spec = option_find(line->name);

	if (!spec) {
		text_add(error, "option '");
		text_add_clean(error, line->name, strlen(line->name));
		text_add(error, "'");
		add_nearest(error, line->name, strlen(line->name));
		return -EINVAL;
	}
	if (spec->group == GROUP_OTHER) {
		text_addf(error, "'%s' belongs on the command line", spec->name);
		return -EINVAL;
	}
	if (given->in_file[option_index(spec)] && spec->type != OPTION_LIST) {
		text_addf(error, "'%s' is given twice", spec->name);
		return -EINVAL;
	}
	if (!has_reader(spec)) {
		text_addf(error, "'%s' is for: ", spec->name);
		option_add_commands(error, spec);
		text_add(error, "; none of them reads a file");
		return -EINVAL;
	}
	if (!option_is_of(spec, options->command))
		return 0;
	given->in_file[option_index(spec)] = true;
	return option_read(spec, line->value, options, error);
}

static int read_config_file(const struct config *config, struct given *given,
			    struct options *options, struct text *error)
{
	_cleanup_text_ struct text reason = TEXT_INIT;
	const struct config_line *line;

	for (size_t i = 0; (line = config__line(config, i)); i++) {
		if (!read_setting(line, given, options, &reason))
			continue;
		text_addf(error, "%s, line %u: %s", config__path(config), line->number,
			  text_str(&reason));
		return -EINVAL;
	}
	return 0;
}

/* Checks that involve more than one option. */
static int check_together(const struct options *options, struct text *error)
{
	if (options->verbose && options->quiet)
		text_add(error, "--verbose and --quiet exclude each other");
	else if (options->command == COMMAND_RUN && !options->arguments)
		text_add(error, "which program? Usage: sockleak run [OPTION]... -- PROGRAM "
				"[ARGUMENT]..." TRY_HELP);
	else if (options->command == COMMAND_EXPLAIN && !options->site)
		text_add(error, "which site? Usage: sockleak explain SITE" TRY_HELP);
	else if (options->command == COMMAND_DIFF && !options->after)
		text_add(error, "which two files? Usage: sockleak diff BEFORE AFTER" TRY_HELP);
	else
		return 0;
	return -EINVAL;
}

/* Is the next word that of the program to run, behind which all is the program's? */
static bool is_run(const struct options *options, unsigned int n_words)
{
	return options->command == COMMAND_RUN && n_words;
}

static int read_command_line(int argc, char **argv, struct given *given, struct options *options,
			     struct text *error)
{
	unsigned int n_words = 0;
	struct getopt_table table;
	int value, result = 0;

	fill_getopt(&table);
	opterr = 0;
	optind = 0;
	while (!result &&
	       (value = getopt_long(argc, argv, table.shorts, table.longs, NULL)) != -1) {
		if (value == 1 && is_run(options, n_words)) {
			optind--;
			break;
		}
		if (value == 1) {
			result = read_command(optarg, &n_words, options, error);
		} else if (value == '?') {
			result = unknown_option(argv[optind - 1], optopt, error);
		} else if (value == ':') {
			text_addf(error, "option '--%s' needs an argument: %s" TRY_HELP,
				  spec_of(optopt)->name, spec_of(optopt)->argument);
			result = -EINVAL;
		} else {
			result = read_option(value, given, options, error);
		}
	}
	while (!result && optind < argc && !is_run(options, n_words))
		result = read_command(argv[optind++], &n_words, options, error);
	if (!result && optind < argc)
		options->arguments = argv + optind; /* argv[argc] is NULL */
	return !result && options->command == COMMAND_HELP ? OPTIONS_HELP : result;
}

int options_parse(int argc, char **argv, const struct config *config, struct options *ret,
		  struct text *ret_error)
{
	const char *unused;
	struct options options = options_defaults(options_peek(argc, argv, &unused));
	struct given given = { 0 };
	int result = config ? read_config_file(config, &given, &options, ret_error) : 0;

	if (!result)
		result = read_command_line(argc, argv, &given, &options, ret_error);
	if (!result)
		result = check_together(&options, ret_error);
	if (result == OPTIONS_RUN)
		*ret = options;
	return result;
}
