/* SPDX-License-Identifier: BSD-2-Clause */
#include "options/config.h"

#include <errno.h>
#include <ini.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/cleanup.h"
#include "lib/regular_file.h"
#include "lib/text.h"

#define MAX_LINES 4096 /* far more than there are options, lists included */

struct config {
	char *path;
	struct config_line *lines;
	size_t count;
	FILE *file;
	unsigned int number; /* lines read so far */
	int err;
};

/* For inih: counts the lines, so that each entry knows its number. */
static char *read_stream(char *buffer, int size, void *stream)
{
	struct config *config = stream;

	config->number++;
	return fgets(buffer, size, config->file);
}

/* For inih: 0 is an error. */
static int on_config_line(void *ctx, const char *section, const char *name, const char *value)
{
	struct config *config = ctx;
	struct config_line *lines, *line;

	(void)section;
	if (config->count == MAX_LINES) {
		config->err = -E2BIG;
		return 0;
	}
	lines = realloc(config->lines, (config->count + 1) * sizeof(*lines));
	if (lines) {
		config->lines = lines;
		line = &lines[config->count++];
		*line = (struct config_line){ strdup(name), strdup(value), config->number };
		if (line->name && line->value)
			return 1;
	}
	config->err = -ENOMEM;
	return 0;
}

static int parse(struct config *config, struct text *ret_error)
{
	_cleanup_fclose_ FILE *file = NULL;
	int line, err = regular_file_open(config->path, &config->file);

	file = config->file;
	if (err) {
		text_addf(ret_error, "cannot read --config %s: %s", config->path,
			  err == -EINVAL ? "not a regular file" : strerror(-err));
		return -EINVAL;
	}
	line = ini_parse_stream(read_stream, config, on_config_line, config);
	if (config->err == -ENOMEM)
		return -ENOMEM;
	if (ferror(file)) /* to inih that is the end of the file */
		text_addf(ret_error, "cannot read --config %s: %s", config->path, strerror(EIO));
	else if (line)
		text_addf(ret_error, "%s, line %d: %s", config->path, line,
			  config->err ? "there are too many lines" :
					"not 'NAME = VALUE' (or too long)");
	else
		return 0;
	return -EINVAL;
}

int config__load(const char *path, struct config **ret_config, struct text *ret_error)
{
	struct config *config = calloc(1, sizeof(*config));
	int err;

	if (!config)
		return -ENOMEM;
	config->path = strdup(path);
	err = config->path ? parse(config, ret_error) : -ENOMEM;
	config->file = NULL;
	if (err) {
		config__free(config);
		return err;
	}
	*ret_config = config;
	return 0;
}

void config__free(struct config *config)
{
	if (!config)
		return;
	for (size_t i = 0; i < config->count; i++) {
		free(config->lines[i].name);
		free(config->lines[i].value);
	}
	free(config->lines);
	free(config->path);
	free(config);
}

const struct config_line *config__line(const struct config *config, size_t index)
{
	return index < config->count ? &config->lines[index] : NULL;
}

const char *config__path(const struct config *config)
{
	return config->path;
}
