/* SPDX-License-Identifier: BSD-2-Clause */
/* connect() is refused twice, the socket is kept; later it is closed. */
#include "program.h"

int main(void)
{
	int fd = make_socket(AF_INET, SOCK_STREAM, 0);
	unsigned long inode = inode_of(fd);
	struct sockaddr_in address = loopback(REFUSED_PORT);

	for (int i = 0; i < 2; i++)
		if (!connect(fd, ADDRESS(address)) || errno != ECONNREFUSED)
			die("connect");
	expect_leak(fd,
		    "class=connect_failed connect_tries=2 connect_errno=ECONNREFUSED "
		    "destination=127.0.0.1:%d function=make_socket",
		    REFUSED_PORT);
	ready();
	close(fd);
	expect_resolved(inode, "closed");
	ready();
	return 0;
}
