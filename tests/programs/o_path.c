/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * open(O_PATH) of /proc/self/fd/N gives a descriptor with the socket's inode
 * that is no socket: one leak, not two, and it ends when the socket is closed.
 */
#include "program.h"

int main(void)
{
	int fd = make_socket(AF_INET, SOCK_STREAM, 0);
	unsigned long inode = inode_of(fd);
	char path[64];

	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	if (inode_of(check(open(path, O_PATH))) != inode)
		die("another inode");
	expect_leak(fd, "class=never_used");
	ready();
	close(fd);
	expect_resolved(inode, "closed");
	ready();
	return 0;
}
