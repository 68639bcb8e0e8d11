/* SPDX-License-Identifier: BSD-2-Clause */
/* R: what leak.R calls. R's own sockets are connected when they are made. */
#include <Rinternals.h>

#include "../truth.h"

NOINLINE SEXP open_one(void)
{
	int fd = socket(AF_INET, SOCK_STREAM, 0); /* leaks here */

	KEEP_FRAME();
	return ScalarInteger(fd);
}
