/* SPDX-License-Identifier: BSD-2-Clause */
/* A config out of a text, through a file as the user would have it. */
#ifndef SOCKLEAK_TESTS_CONFIG_FIXTURE_H
#define SOCKLEAK_TESTS_CONFIG_FIXTURE_H

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "lib/text.h"
#include "options/config.h"

/* Its path; valid until the next call, and removed by it. */
static const char *config_file(const char *content)
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

#endif
