/* SPDX-License-Identifier: BSD-2-Clause */
/* C: ten functions call the one that opens the socket and forgets it. */
#include "../truth.h"

static NOINLINE int open_one(void)
{
	int fd = socket(AF_INET, SOCK_STREAM, 0); /* leaks here */

	KEEP_FRAME();
	return fd;
}

#define CALLER(name)                    \
	static NOINLINE void name(void) \
	{                               \
		open_one();             \
		KEEP_FRAME();           \
		open_one();             \
		KEEP_FRAME();           \
	}

CALLER(first)
CALLER(second)
CALLER(third)
CALLER(fourth)
CALLER(fifth)
CALLER(sixth)
CALLER(seventh)
CALLER(eighth)
CALLER(ninth)
CALLER(tenth)

int main(void)
{
	truth_ready();
	first();
	second();
	third();
	fourth();
	fifth();
	sixth();
	seventh();
	eighth();
	ninth();
	tenth();
	truth_leaked(20);
	return 0;
}
