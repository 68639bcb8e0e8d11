/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Threads that make a socket, do something else for a millisecond, connect it and close
 * it, again and again: at almost any moment some are not connected yet, none for long.
 */
#include "program.h"

#include <pthread.h>

enum { THREADS = 4 };

static void *work(void *unused)
{
	int listener = make_listener(8);

	(void)unused;
	for (;;) {
		int fd = make_socket(AF_INET, SOCK_STREAM, 0);

		sleep_ms(1);
		connect_to(fd, listener);
		close(check(accept(listener, NULL, NULL)));
		close(fd);
	}
	return NULL;
}

int main(void)
{
	pthread_t thread;

	for (int i = 0; i < THREADS; i++)
		check(-pthread_create(&thread, NULL, work, NULL));
	expect_none();
	ready();
	return 0;
}
