/* SPDX-License-Identifier: BSD-2-Clause */
/* The command line: a word a line. */
#include "fuzz.h"

#include <errno.h>

#include "lib/text.h"
#include "options/options.h"

#define MAX_WORDS 100

static const void *member(const struct options *options, const struct option_spec *spec)
{
	return (const char *)options + spec->offset;
}

static void check_range(const struct options *options, const struct option_spec *spec)
{
	__u64 number = 0;

	if (spec->type == OPTION_DURATION)
		memcpy(&number, member(options, spec), sizeof(__u64));
	else if (spec->type == OPTION_NUMBER || spec->type == OPTION_SIZE)
		memcpy(&number, member(options, spec), sizeof(__u32));
	else
		return;
	if (!number && (!strcmp(spec->name, "pid") || !strcmp(spec->name, "duration") ||
			!strcmp(spec->name, "history") || !strcmp(spec->name, "error-exitcode")))
		return; /* not given */
	check(number >= spec->min && number <= spec->max);
	if (spec->type == OPTION_SIZE)
		check(!(number & (number - 1)));
}

static void check_options(const struct options *options)
{
	const struct option_spec *spec;

	for (spec = option_next(NULL); spec; spec = option_next(spec))
		check_range(options, spec);
	check(!options->comm || (*options->comm && strlen(options->comm) < SOCKLEAK_COMM_LEN));
	check(!options->output || *options->output);
	check(!options->btf || *options->btf);
	check(options->cgroups.count <= SOCKLEAK_MAX_CGROUPS);
	for (unsigned int i = 0; i < options->cgroups.count; i++)
		check(options->cgroups.items[i] && *options->cgroups.items[i]);
	check(options->classes && !(options->classes & 1U << CLASS_NONE));
	check(options->classes < 1U << CLASS_COUNT);
	check(options->hooks <= HOOKS_RAW_TP);
	check(!options->verbose || !options->quiet);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	_cleanup_text_ struct text error = TEXT_INIT;
	struct input input = input_of(data, size);
	char *argv[MAX_WORDS + 2] = { strdup("sockleak") };
	struct options options, before;
	int argc = 1, result, i;

	while (input_left(&input) && argc <= MAX_WORDS)
		argv[argc++] = take_until(&input, '\n');
	memset(&options, 0x5a, sizeof(options));
	before = options;
	result = options_parse(argc, argv, NULL, &options, &error);
	if (result == OPTIONS_RUN)
		check_options(&options);
	else
		check(!memcmp(&options, &before, sizeof(options)));
	check(result == OPTIONS_RUN || result == OPTIONS_HELP || result == OPTIONS_VERSION ||
	      result == -EINVAL);
	check((result == -EINVAL) == (error.len > 0));
	check_clean(text_str(&error), error.len, "");
	for (i = 0; i < argc; i++)
		free(argv[i]);
	return 0;
}
