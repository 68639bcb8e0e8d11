/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A listener is shut down and kept. It is not listening any more, its port is
 * still taken: bound, and used for nothing.
 */
#include "program.h"

int main(void)
{
	int listener = make_listener(8);
	struct sockaddr_in address = loopback(port_of(listener));
	int fd = make_socket(AF_INET, SOCK_STREAM, 0);

	close(listener); /* a port that is free, by its number: the kernel then keeps it taken */
	check(bind(fd, ADDRESS(address)));
	check(listen(fd, 8));
	check(shutdown(fd, SHUT_RDWR));
	expect_leak(fd, "class=bound_only bound=true");
	ready();
	return 0;
}
