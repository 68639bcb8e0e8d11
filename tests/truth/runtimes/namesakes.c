/* SPDX-License-Identifier: BSD-2-Clause */
/* C: a static function that leaks ten sockets; one of that name in another file leaks ten more. */
#include "../truth.h"

int open_other(void);

static NOINLINE int open_one(void)
{
	int fd = socket(AF_INET, SOCK_STREAM, 0); /* leaks here */

	KEEP_FRAME();
	return fd;
}

int main(void)
{
	truth_ready();
	for (int i = 0; i < 10; i++) {
		open_one();
		open_other();
	}
	truth_leaked(20);
	return 0;
}
