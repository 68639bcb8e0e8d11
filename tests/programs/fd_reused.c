/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A leaked socket is closed and its fd number goes to another leaked socket,
 * then to one that is connected.
 */
#include "program.h"

static int remake(int fd)
{
	close(fd);
	if (make_socket(AF_INET, SOCK_STREAM, 0) != fd)
		die("another number");
	return fd;
}

int main(void)
{
	int listener = make_listener(8);
	int fd = make_socket(AF_INET, SOCK_STREAM, 0);
	unsigned long inode = inode_of(fd);

	expect_leak(fd, "class=never_used");
	ready();
	expect_resolved(inode, "closed");
	inode = inode_of(remake(fd));
	expect_leak(fd, "class=never_used");
	ready();
	connect_to(remake(fd), listener);
	expect_resolved(inode, "closed");
	ready();
	return 0;
}
