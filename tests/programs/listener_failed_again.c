/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Listeners are shut down, and cannot listen again: another one has their port by then. They
 * were in use, whatever backlog the second listen() asked for: one of 0 is all that the kernel
 * keeps of it.
 */
#include "program.h"

static int reusing_socket(void)
{
	int fd = make_socket(AF_INET, SOCK_STREAM, 0), on = 1;

	check(setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on)));
	return fd;
}

static void listen_shut_and_fail(int backlog)
{
	int fd = reusing_socket(), successor = reusing_socket(), finder = make_listener(1);
	struct sockaddr_in address = loopback(port_of(finder));

	close(finder); /* a port that is free, by its number: the kernel then keeps it taken */
	check(bind(fd, ADDRESS(address)));
	check(listen(fd, 64));
	check(shutdown(fd, SHUT_RDWR));
	check(bind(successor, ADDRESS(address)));
	check(listen(successor, 1));
	if (!listen(fd, backlog) || errno != EADDRINUSE)
		die("listen");
}

int main(void)
{
	for (int i = 0; i < 3; i++) {
		listen_shut_and_fail(0);
		listen_shut_and_fail(8);
	}
	expect_none();
	ready();
	return 0;
}
