/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Holds as many idle descriptors as its argument says (1,000 without one), half of them
 * of sockets that are in use.
 */
#include "program.h"

int main(int argc, char **argv)
{
	int count = argc > 1 ? atoi(argv[1]) : 1000, pair[2];
	struct rlimit limit;

	check(getrlimit(RLIMIT_NOFILE, &limit));
	limit.rlim_cur = limit.rlim_max;
	check(setrlimit(RLIMIT_NOFILE, &limit));
	check(socketpair(AF_UNIX, SOCK_STREAM, 0, pair));
	for (int i = 2; i < count; i++)
		if (i % 2)
			check(dup(pair[0]));
		else
			check(open("/dev/null", O_RDONLY | O_CLOEXEC));
	expect_none();
	ready();
	return 0;
}
