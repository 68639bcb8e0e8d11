/* SPDX-License-Identifier: BSD-2-Clause */
/* Sockets are created all the time, under many numbers, and closed before the threshold. */
#include "program.h"

static void *create_and_close(void *arg _unused_)
{
	int fds[8];

	for (int i = 0;; i++) {
		if (i >= 8)
			close(fds[i % 8]);
		fds[i % 8] = make_socket(AF_INET, SOCK_STREAM, 0);
		sleep_ms(50);
	}
	return NULL;
}

int main(void)
{
	pthread_t thread;

	check(-pthread_create(&thread, NULL, create_and_close, NULL));
	expect_none();
	ready();
	return 0;
}
