/* SPDX-License-Identifier: BSD-2-Clause */
/* connect() is refused, the socket is kept, and a later try on it succeeds: in use. */
#include "program.h"

int main(void)
{
	int listener = make_listener(8);
	int fd = make_socket(AF_INET, SOCK_STREAM, 0);
	struct sockaddr_in address = loopback(REFUSED_PORT);

	if (!connect(fd, ADDRESS(address)))
		die("connect");
	expect_leak(fd, "class=connect_failed connect_errno=ECONNREFUSED");
	ready();
	connect_to(fd, listener);
	expect_resolved(inode_of(fd), "used");
	ready();
	return 0;
}
