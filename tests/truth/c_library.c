/* SPDX-License-Identifier: BSD-2-Clause */
/* C with a shared library (or linked as one static program): five ways to leak in it. */
#include "libtruth.h"
#include "truth.h"

static NOINLINE int make_connection(const char *peer)
{
	int fd = lt_connect(peer, 5);

	KEEP_FRAME();
	return fd;
}

int main(int argc, char **argv)
{
	(void)argv;
	truth_ready();
	make_connection("peer");
	lt_sort();
	lt_noreturn();
	lt_alloca(100 * argc);
	lt_cold(argc);
	truth_leaked(5);
	return 0;
}
