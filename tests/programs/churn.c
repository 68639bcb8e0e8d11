/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Everything at once, all the time, until EOF on stdin: connections that come
 * and go, probes, refused connects, leaks that are closed after two seconds,
 * and processes that exit with leaks open. Its leaks are never more than some
 * hundreds, so that a watcher's memory has no reason to grow.
 *
 *   churn          a round in some 10 ms
 *   churn busy     as many as the processor can do, in bursts, for other tests to go on beside
 *                  it; what it keeps is closed long before it is a leak, and it starts no processes
 */
#include "program.h"

enum { KEPT = 200, BURST = 500 };
static bool is_busy;

static void leak_in_child(void)
{
	pid_t child = fork();

	if (!child) {
		for (int i = 0; i < 5; i++)
			make_socket(AF_INET, SOCK_STREAM, 0);
		sleep_ms(1500);
		_exit(0);
	}
	check(child);
}

static void *churn(void *listener)
{
	struct sockaddr_in refused = loopback(REFUSED_PORT);
	struct linger reset = { .l_onoff = 1 };
	int kept[KEPT];

	for (unsigned int i = 0;; i++) {
		int fd = make_socket(AF_INET, SOCK_STREAM, 0);
		struct sockaddr_in peer;
		socklen_t len = sizeof(peer);

		connect_to(fd, *(int *)listener);
		if (is_busy) /* or TIME_WAIT has all ports within seconds */
			setsockopt(fd, SOL_SOCKET, SO_LINGER, &reset, sizeof(reset));
		close(fd);
		close(check(accept(*(int *)listener, NULL, NULL)));
		if (i >= KEPT)
			close(kept[i % KEPT]);
		kept[i % KEPT] = make_socket(AF_INET, SOCK_STREAM, 0);
		if (i % 3 == 0)
			getpeername(kept[i % KEPT], (struct sockaddr *)&peer, &len);
		if (i % 3 == 1)
			connect(kept[i % KEPT], ADDRESS(refused));
		if (i % 50 == 0 && !is_busy)
			leak_in_child();
		while (waitpid(-1, NULL, WNOHANG) > 0)
			;
		if (!is_busy || i % BURST == 0)
			sleep_ms(is_busy ? 100 : 10);
	}
	return NULL;
}

int main(int argc, char **argv)
{
	int listener = make_listener(64);
	pthread_t thread;

	is_busy = argc > 1 && !strcmp(argv[1], "busy");
	check(-pthread_create(&thread, NULL, churn, &listener));
	ready();
	return 0;
}
