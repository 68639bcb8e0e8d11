/* SPDX-License-Identifier: BSD-2-Clause */
#include "input.h"

#include <errno.h>
#include <stdlib.h>
#include <unistd.h>

#include "config.h"

static int read_both(struct input *input, struct text *ret_error)
{
	const char *path;
	enum command command = options_peek(input->argc, input->argv, &path);
	int err = 0;

	/* They speak of an agent, whose file is mostly there. */
	if (!path && (command == COMMAND_EXPLAIN || command == COMMAND_DOCTOR) &&
	    !access(INPUT_AGENT_CONFIG, R_OK))
		path = INPUT_AGENT_CONFIG;
	if (path && *path) /* an empty one is refused as any option's would be */
		err = config__load(path, &input->config, ret_error);
	return err   ?:
		       options_parse(input->argc, input->argv, input->config, &input->options,
				     ret_error);
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
	free(input);
}
