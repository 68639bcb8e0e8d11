/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * config: the file of --config, read into lines "NAME = VALUE". Knows what a line
 * is, not which options there are. The format is that of inih: '#' or ';' begins a
 * comment, a [section] line is allowed and means nothing.
 */
#ifndef SOCKLEAK_CONFIG_H
#define SOCKLEAK_CONFIG_H

#include <stddef.h>

struct text;

struct config_line {
	char *name;
	char *value;
	unsigned int number; /* in the file; the first is 1 */
};

struct config;

/*
 * Read the file. -EINVAL with one line in ret_error when it cannot be read or
 * understood; -ENOMEM. Free with config__free(), once nothing points to its strings;
 * NULL is allowed there.
 */
int config__load(const char *path, struct config **ret_config, struct text *ret_error);
void config__free(struct config *config);

/* The lines in their order; NULL ends. */
const struct config_line *config__line(const struct config *config, size_t index);
/* The path that was given to config__load(). */
const char *config__path(const struct config *config);

#endif /* SOCKLEAK_CONFIG_H */
