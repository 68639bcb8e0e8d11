/* SPDX-License-Identifier: BSD-2-Clause */
/* config_fixture: a config out of a text, through a file as the user would have it. */
#ifndef SOCKLEAK_TESTS_CONFIG_FIXTURE_H
#define SOCKLEAK_TESTS_CONFIG_FIXTURE_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "lib/text.h"
#include "options/config.h"
#include "options/input.h"

#define _unused_ __attribute__((unused))
#define SECOND 1000000000ULL

/* Its path; valid until the next call, and removed by it. */
_unused_ static const char *config_file(const char *content)
{
	static char path[] = "/tmp/sockleak-config-XXXXXX";
	int fd;

	unlink(path);
	strcpy(path + sizeof(path) - 7, "XXXXXX");
	fd = mkstemp(path);
	if (fd < 0 || write(fd, content, strlen(content)) != (ssize_t)strlen(content))
		abort();
	close(fd);
	return path;
}

/* The last one is removed. */
_unused_ static int remove_config(void **state)
{
	(void)state;
	return unlink(config_file(""));
}

/* `sockleak agent --config FILE WORD...`; up to three words, NULL ends. */
_unused_ static int read_input(const char *content, const char *const *words,
			       struct input **ret_input, struct text *error)
{
	static char *argv[8];
	int argc = 0;

	argv[argc++] = (char[]){ "sockleak" };
	argv[argc++] = (char[]){ "agent" };
	argv[argc++] = (char[]){ "--config" };
	argv[argc++] = (char *)config_file(content);
	while (words && *words)
		argv[argc++] = (char *)*words++;
	argv[argc] = NULL;
	return input__read(argc, argv, ret_input, error);
}

_unused_ static struct input *accept(const char *content, const char *const *words)
{
	_cleanup_text_ struct text error = TEXT_INIT;
	struct input *input = NULL;

	if (read_input(content, words, &input, &error) != OPTIONS_RUN)
		fail_msg("'%s': %s", content, text_str(&error));
	return input;
}

_unused_ static void refuse(const char *content, const char *message)
{
	_cleanup_text_ struct text error = TEXT_INIT;
	struct input *input = NULL;

	assert_int_equal(read_input(content, NULL, &input, &error), -EINVAL);
	assert_null(input);
	if (!strstr(text_str(&error), message) || strchr(text_str(&error), '\n'))
		fail_msg("'%s': '%s', not '%s'", content, text_str(&error), message);
}

#endif
