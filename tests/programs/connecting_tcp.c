/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * connect() hangs for longer than the threshold: the listener's backlog is
 * full, so the SYN is dropped. One socket waits in a blocking connect(), others
 * in the background.
 */
#include "program.h"

static struct sockaddr_in address;

static void *connect_blocking(void *arg _unused_)
{
	connect(make_socket(AF_INET, SOCK_STREAM, 0), ADDRESS(address));
	return NULL;
}

int main(void)
{
	int listener = make_listener(0);
	pthread_t thread;

	address = loopback(port_of(listener));
	for (int i = 0; i < 4; i++) {
		int fd = make_socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);

		if (connect(fd, ADDRESS(address)) && errno != EINPROGRESS)
			die("connect");
	}
	sleep_ms(100);
	check(-pthread_create(&thread, NULL, connect_blocking, NULL));
	expect_none();
	ready();
	return 0;
}
