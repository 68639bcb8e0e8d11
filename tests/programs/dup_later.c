/* SPDX-License-Identifier: BSD-2-Clause */
/* A leak that was reported is duplicated and its original closed: it is the same leak. */
#include "program.h"

int main(void)
{
	int fd = make_socket(AF_INET, SOCK_STREAM, 0);
	unsigned long inode = inode_of(fd);
	int copy;

	expect_leak(fd, "class=never_used function=make_socket");
	ready();
	copy = check(fcntl(fd, F_DUPFD, 100));
	close(fd);
	expect_leak_of(inode, "pid=%d fd=%d class=never_used function=make_socket", getpid(), copy);
	ready();
	close(copy);
	expect_resolved(inode, "closed");
	ready();
	return 0;
}
