/* SPDX-License-Identifier: BSD-2-Clause */
/* C: ten functions call the one that opens the socket and forgets it. */
#include "../truth.h"

static NOINLINE int open_one(int number)
{
	int fd = socket(AF_INET, SOCK_STREAM, 0); /* leaks here */

	KEEP_FRAME();
	return fd + number;
}

/* Each with a number of its own: the compiler makes one function of several that are the same. */
#define CALLER(name, number)            \
	static NOINLINE void name(void) \
	{                               \
		open_one(number);       \
		KEEP_FRAME();           \
		open_one(number + 1);   \
		KEEP_FRAME();           \
	}

CALLER(first, 0)
CALLER(second, 2)
CALLER(third, 4)
CALLER(fourth, 6)
CALLER(fifth, 8)
CALLER(sixth, 10)
CALLER(seventh, 12)
CALLER(eighth, 14)
CALLER(ninth, 16)
CALLER(tenth, 18)

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
