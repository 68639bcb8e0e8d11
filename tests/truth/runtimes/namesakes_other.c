/* SPDX-License-Identifier: BSD-2-Clause */
/* The other file of namesakes.c. */
#include "../truth.h"

int open_other(void);

static NOINLINE int open_one(void)
{
	int fd = socket(AF_INET6, SOCK_STREAM, 0);

	KEEP_FRAME();
	return fd;
}

NOINLINE int open_other(void)
{
	int fd = open_one();

	KEEP_FRAME();
	return fd;
}
