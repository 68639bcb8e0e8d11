/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Two threads make socket after socket, and try each as often and as fast as they can while it
 * is young: connect is refused and getpeername fails. Whenever a sweep comes by, of all the tries
 * none is to be lost, and none counted twice.
 */
#include "program.h"

#define SOCKETS 150
#define TRIES 200

static int fds[2][SOCKETS];

static void *hammer(void *arg)
{
	struct sockaddr_in address = loopback(REFUSED_PORT), peer;
	int *mine = arg;

	for (int i = 0; i < SOCKETS; i++) {
		mine[i] = make_socket(AF_INET, SOCK_STREAM, 0);
		for (int j = 0; j < TRIES; j++) {
			socklen_t len = sizeof(peer);

			if (!connect(mine[i], ADDRESS(address)) ||
			    !getpeername(mine[i], (struct sockaddr *)&peer, &len))
				die("a call that cannot succeed did");
		}
	}
	return NULL;
}

int main(void)
{
	pthread_t threads[2];

	for (int i = 0; i < 2; i++)
		check(-pthread_create(&threads[i], NULL, hammer, fds[i]));
	for (int i = 0; i < 2; i++)
		check(-pthread_join(threads[i], NULL));
	for (int i = 0; i < 2 * SOCKETS; i++)
		expect_leak(fds[i / SOCKETS][i % SOCKETS],
			    "class=connect_failed connect_errno=ECONNREFUSED connect_tries=%d "
			    "enotconn=%d",
			    TRIES, TRIES);
	ready();
	return 0;
}
