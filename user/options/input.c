/* SPDX-License-Identifier: BSD-2-Clause */
#include "options/input.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "options/config.h"
#include "options/reload.h"

static int read_both(struct input *input, struct text *ret_error)
{
	const char *path;
	enum command command = options_peek(input->argc, input->argv, &path);
	int err;

	/* Both commands are about an agent, so they read its file if there is one. */
	if (!path && (command == COMMAND_EXPLAIN || command == COMMAND_DOCTOR) &&
	    !access(INPUT_AGENT_CONFIG, R_OK))
		path = INPUT_AGENT_CONFIG;
	if (path && *path) { /* an empty path is refused like any option's empty value */
		err = config__load(path, &input->config, ret_error);
		if (err)
			return err;
	}
	return options_parse(input->argc, input->argv, input->config, &input->options, ret_error);
}

int input__read(int argc, char **argv, struct input **ret_input, struct text *ret_error)
{
	struct input *input = calloc(1, sizeof(*input));
	int result;

	if (!input)
		return -ENOMEM;
	input->argc = argc;
	input->argv = argv;
	result = read_both(input, ret_error);
	if (result == OPTIONS_RUN)
		*ret_input = input;
	else
		input__free(input);
	return result;
}

void input__free(struct input *input)
{
	if (!input)
		return;
	config__free(input->config);
	while (input->n_kept)
		free(input->kept[--input->n_kept]);
	free(input->kept);
	free(input);
}

/* For reload.h. */
static int keep_string(const char **string, void *ctx)
{
	struct input *input = ctx;
	char **kept = reallocarray(input->kept, input->n_kept + 1, sizeof(*kept)), *copy;

	if (!kept)
		return -ENOMEM;
	input->kept = kept;
	copy = strdup(*string);
	if (!copy)
		return -ENOMEM;
	kept[input->n_kept++] = copy;
	*string = copy;
	return 0;
}

int input__keep_fixed(struct input *wanted, const struct input *running, struct text *kept)
{
	return reload_keep_fixed(&running->options, &wanted->options, kept, keep_string, wanted);
}
