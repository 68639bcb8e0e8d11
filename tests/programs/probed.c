/* SPDX-License-Identifier: BSD-2-Clause */
/* getpeername() is asked twice and answers ENOTCONN, then the socket is held. */
#include "program.h"

int main(void)
{
	int fd = make_socket(AF_INET, SOCK_STREAM, 0);
	unsigned long inode = inode_of(fd);

	for (int i = 0; i < 2; i++) {
		struct sockaddr_storage peer;
		socklen_t len = sizeof(peer);

		if (!getpeername(fd, (struct sockaddr *)&peer, &len) || errno != ENOTCONN)
			die("getpeername");
	}
	expect_leak(fd, "class=probed enotconn=2 connect_tries=0 function=make_socket");
	ready();
	close(fd);
	expect_resolved(inode, "closed");
	ready();
	return 0;
}
