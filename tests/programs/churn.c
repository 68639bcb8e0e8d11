/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Everything at once, all the time, until EOF on stdin: connections that come
 * and go, probes, refused connects, leaks that are closed after two seconds,
 * and processes that exit with leaks open. Its leaks are never more than some
 * hundreds, so that a watcher's memory has no reason to grow.
 */
#include "program.h"

enum { KEPT = 200 };

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
	int kept[KEPT];

	for (unsigned int i = 0;; i++) {
		int fd = make_socket(AF_INET, SOCK_STREAM, 0);
		struct sockaddr_in peer;
		socklen_t len = sizeof(peer);

		connect_to(fd, *(int *)listener);
		close(fd);
		close(check(accept(*(int *)listener, NULL, NULL)));
		if (i >= KEPT)
			close(kept[i % KEPT]);
		kept[i % KEPT] = make_socket(AF_INET, SOCK_STREAM, 0);
		if (i % 3 == 0)
			getpeername(kept[i % KEPT], (struct sockaddr *)&peer, &len);
		if (i % 3 == 1)
			connect(kept[i % KEPT], ADDRESS(refused));
		if (i % 50 == 0)
			leak_in_child();
		while (waitpid(-1, NULL, WNOHANG) > 0)
			;
		sleep_ms(10);
	}
	return NULL;
}

int main(void)
{
	int listener = make_listener(64);
	pthread_t thread;

	check(-pthread_create(&thread, NULL, churn, &listener));
	ready();
	return 0;
}
