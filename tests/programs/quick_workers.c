/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Workers that do not live long, one after the other: as many processes as the first argument says,
 * each of which makes as many sockets as the second one says, at one place, and exits; with a third
 * argument each is the program run anew. None leaks.
 */
#include "program.h"

static void work(int sockets)
{
	for (int i = 0; i < sockets; i++)
		close(make_socket(AF_INET, SOCK_STREAM, 0));
	_exit(0);
}

int main(int argc, char **argv)
{
	int workers = argc > 1 ? atoi(argv[1]) : 1000;

	if (workers == 0) /* one that was run anew */
		work(atoi(argv[2]));
	for (int i = 0; i < workers; i++) {
		pid_t pid = check(fork());

		if (!pid && argc > 3)
			execl("/proc/self/exe", argv[0], "0", argv[2], NULL);
		if (!pid)
			work(argc > 2 ? atoi(argv[2]) : 1);
		check(waitpid(pid, NULL, 0));
	}
	expect_none();
	ready();
	return 0;
}
