/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * connect() ends by ETIMEDOUT, in one that blocks and in one in the background: the
 * listener's backlog is full, so the SYN is dropped, and TCP_USER_TIMEOUT has passed when
 * it would be sent again.
 */
#include "program.h"

#include <netinet/tcp.h>
#include <poll.h>

static int make_impatient(int flags)
{
	int fd = make_socket(AF_INET, SOCK_STREAM | flags, 0), limit_ms = 100;

	check(setsockopt(fd, IPPROTO_TCP, TCP_USER_TIMEOUT, &limit_ms, sizeof(limit_ms)));
	return fd;
}

static void expect_timed_out(int fd, int port)
{
	expect_leak(fd,
		    "class=connect_failed connect_tries=1 connect_errno=ETIMEDOUT "
		    "destination=127.0.0.1:%d function=make_socket",
		    port);
}

int main(void)
{
	int listener = make_listener(0), port = port_of(listener), blocking, background;
	struct sockaddr_in address = loopback(port);
	struct pollfd end = { .events = POLLOUT };

	for (int i = 0; i < 4; i++) {
		int fd = make_socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);

		if (connect(fd, ADDRESS(address)) && errno != EINPROGRESS)
			die("connect");
	}
	sleep_ms(100);
	end.fd = background = make_impatient(SOCK_NONBLOCK);
	if (!connect(background, ADDRESS(address)) || errno != EINPROGRESS)
		die("connect in the background");
	blocking = make_impatient(0);
	if (!connect(blocking, ADDRESS(address)) || errno != ETIMEDOUT)
		die("connect");
	check(poll(&end, 1, -1));
	expect_timed_out(background, port);
	expect_timed_out(blocking, port);
	ready();
	return 0;
}
