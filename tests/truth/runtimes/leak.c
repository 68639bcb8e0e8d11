/* SPDX-License-Identifier: BSD-2-Clause */
/* C: a function opens a socket, its caller does so twenty times. */
#include "../truth.h"

static NOINLINE int open_one(void)
{
	int fd = socket(AF_INET, SOCK_STREAM, 0); /* leaks here */

	KEEP_FRAME();
	return fd;
}

static NOINLINE void fill(int count)
{
	while (count--)
		open_one();
	KEEP_FRAME();
}

int main(void)
{
	truth_ready();
	fill(20);
	truth_leaked(20);
	return 0;
}
