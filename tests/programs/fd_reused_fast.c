/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * One fd number is given to a new socket every 100 ms: the number is old, none
 * of the sockets is.
 */
#include "program.h"

static void *reuse(void *arg _unused_)
{
	int first = make_socket(AF_INET, SOCK_STREAM, 0);

	for (int fd = first;; fd = make_socket(AF_INET, SOCK_STREAM, 0)) {
		if (fd != first)
			die("another number");
		sleep_ms(100);
		close(fd);
	}
	return NULL;
}

int main(void)
{
	pthread_t thread;

	check(-pthread_create(&thread, NULL, reuse, NULL));
	expect_none();
	ready();
	return 0;
}
