/* SPDX-License-Identifier: BSD-2-Clause */
/* A socket is created and held, nothing is tried on it; then it is closed. */
#include "program.h"

int main(void)
{
	int fd = make_socket(AF_INET, SOCK_STREAM, 0);
	unsigned long inode = inode_of(fd);

	expect_leak(fd, "class=never_used family=AF_INET socket_type=SOCK_STREAM "
			"protocol=IPPROTO_TCP enotconn=0 connect_tries=0 connect_errno=null "
			"destination=null bind_tries=0 bound=false function=make_socket");
	ready();
	close(fd);
	expect_resolved(inode, "closed");
	ready();
	return 0;
}
