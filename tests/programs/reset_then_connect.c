/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * TCP sockets are connected without waiting, their peer resets the connection, and connect() is
 * called on them again: it answers ECONNRESET, and the kernel then shows them as they were when
 * they were new. But they were used; also the one that a sweep has seen in use before.
 */
#include "program.h"

static int listener;

static int connect_and_accept(int *ret_peer)
{
	int fd = make_socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);
	struct sockaddr_in address = loopback(port_of(listener));
	struct pollfd event = { .fd = fd, .events = POLLOUT };

	if (!connect(fd, ADDRESS(address)) || errno != EINPROGRESS)
		die("connect");
	check(poll(&event, 1, -1));
	*ret_peer = check(accept4(listener, NULL, NULL, SOCK_CLOEXEC));
	return fd;
}

static void reset_and_connect_again(int fd, int peer)
{
	struct linger at_once = { .l_onoff = 1 };
	struct sockaddr_in address = loopback(port_of(listener));
	struct pollfd event = { .fd = fd, .events = POLLIN };

	check(write(fd, "x", 1));
	check(setsockopt(peer, SOL_SOCKET, SO_LINGER, &at_once, sizeof(at_once)));
	close(peer);
	check(poll(&event, 1, -1));
	if (!connect(fd, ADDRESS(address)) || errno != ECONNRESET)
		die("connect again");
}

int main(void)
{
	int fd, seen, seen_peer, peer;

	listener = make_listener(8);
	seen = connect_and_accept(&seen_peer);
	expect_none();
	ready();
	reset_and_connect_again(seen, seen_peer);
	fd = connect_and_accept(&peer);
	reset_and_connect_again(fd, peer);
	expect_none();
	ready();
	return 0;
}
