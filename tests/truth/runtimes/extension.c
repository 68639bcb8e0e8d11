/* SPDX-License-Identifier: BSD-2-Clause */
/* What the extensions of interpreters call: a library of C, which opens the socket. */
#include "../truth.h"

NOINLINE int transport_open(void)
{
	int fd = socket(AF_INET, SOCK_STREAM, 0); /* leaks here */

	KEEP_FRAME();
	return fd;
}
