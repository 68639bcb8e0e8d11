/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A pool of workers that do not live long: as many processes as the first argument says, each of
 * which leaks as many sockets as the second one says, one every 300 ms, at one place. In the
 * second phase all of them exit, with their sockets.
 */
#include "program.h"

static void work(const int go[2], const int done[2], int sockets)
{
	char byte;

	close(go[1]);
	for (int i = 0; i < sockets; i++) {
		make_socket(AF_INET, SOCK_STREAM, 0);
		sleep_ms(300);
	}
	tell(done);
	_exit(read(go[0], &byte, 1) != 0); /* when the parent closes its end, or is gone */
}

int main(int argc, char **argv)
{
	int workers = argc > 1 ? atoi(argv[1]) : 10, sockets = argc > 2 ? atoi(argv[2]) : 1;
	int go[2], done[2];

	make_signal(go);
	make_signal(done);
	for (int i = 0; i < workers; i++)
		if (!start_child())
			work(go, done, sockets);
	for (int i = 0; i < workers; i++)
		wait_for(done);
	ready();
	close(go[1]);
	while (wait(NULL) > 0)
		;
	ready();
	return 0;
}
