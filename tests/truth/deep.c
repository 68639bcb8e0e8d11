/* SPDX-License-Identifier: BSD-2-Clause */
/* Leaks below more stack than a snapshot holds, and below more frames than a stack holds. */
#include "truth.h"

static NOINLINE int descend(int depth)
{
	volatile char room[1000];
	int fd;

	room[depth] = 1;
	fd = depth ? descend(depth - 1) : socket(AF_INET, SOCK_STREAM, 0);
	KEEP_FRAME();
	return fd + (room[depth] != 1);
}

static NOINLINE int descend_in_small_steps(int depth)
{
	int fd = depth ? descend_in_small_steps(depth - 1) : socket(AF_INET, SOCK_STREAM, 0);

	KEEP_FRAME();
	return fd;
}

int main(void)
{
	truth_ready();
	descend(100);
	descend_in_small_steps(2000);
	truth_leaked(2);
	return 0;
}
