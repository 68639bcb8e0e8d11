/* SPDX-License-Identifier: BSD-2-Clause */
/* C: two functions, each of which leaks ten sockets. */
#include "../truth.h"

static NOINLINE int open_control(void)
{
	int fd = socket(AF_INET, SOCK_STREAM, 0); /* leaks here */

	KEEP_FRAME();
	return fd;
}

static NOINLINE int open_data(void)
{
	int fd = socket(AF_INET6, SOCK_STREAM, 0);

	KEEP_FRAME();
	return fd;
}

int main(void)
{
	truth_ready();
	for (int i = 0; i < 10; i++) {
		open_control();
		open_data();
	}
	truth_leaked(20);
	return 0;
}
