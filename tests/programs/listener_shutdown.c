/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A listener is shut down and kept. It listens no more and its port is still
 * taken; but it was in use once: a look-alike, as a dead connection is.
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
	expect_none();
	ready();
	return 0;
}
