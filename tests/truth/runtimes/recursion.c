/* SPDX-License-Identifier: BSD-2-Clause */
/* C: each socket is opened by a recursion that is one call deeper than the last. */
#include "../truth.h"

static NOINLINE int descend(int depth)
{
	int fd;

	if (depth)
		fd = descend(depth - 1);
	else
		fd = socket(AF_INET, SOCK_STREAM, 0); /* leaks here */
	KEEP_FRAME();
	return fd;
}

int main(void)
{
	truth_ready();
	for (int depth = 40; depth < 60; depth++)
		descend(depth);
	truth_leaked(20);
	return 0;
}
