/* SPDX-License-Identifier: BSD-2-Clause */
/* NSPR: sockets of PR_NewTCPSocket(). */
#include <nspr.h>

#include "../truth.h"

static NOINLINE PRFileDesc *open_one(void)
{
	PRFileDesc *file = PR_NewTCPSocket(); /* leaks here */

	KEEP_FRAME();
	return file;
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
