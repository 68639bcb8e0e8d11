/* SPDX-License-Identifier: BSD-2-Clause */
/* After fork() parent and child hold the same socket: one leak, until the last of them closes. */
#include "program.h"

int main(void)
{
	int fd = make_socket(AF_INET, SOCK_STREAM, 0);
	unsigned long inode = inode_of(fd);
	int go[2];
	pid_t child;

	make_signal(go);
	child = start_child();
	if (!child) {
		wait_for(go);
		close(fd);
		pause();
	}
	expect_leak_of(inode, "pid=%d|%d fd=%d class=never_used held_by=%d+%d", getpid(), child, fd,
		       getpid(), child);
	ready();
	close(fd);
	expect_leak_of(inode, "pid=%d fd=%d class=never_used function=make_socket held_by=%d",
		       child, fd, child);
	ready();
	tell(go);
	expect_resolved(inode, "closed");
	ready();
	return 0;
}
