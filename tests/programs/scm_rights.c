/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A socket that was never connected is passed to another process with
 * SCM_RIGHTS, and its sender closes it: the leak is the receiver's.
 */
#include "program.h"
#include "pass_fd.h"

enum { AT = 77 };

int main(void)
{
	int fd, over;
	pid_t child = start_holder(&over, AT);
	unsigned long inode;

	fd = make_socket(AF_INET, SOCK_STREAM, 0);
	inode = inode_of(fd);
	hand_over(over, fd);
	close(fd);
	expect_leak_of(inode, "pid=%d fd=%d class=never_used function=make_socket held_by=%d",
		       child, AT, child);
	ready();
	return 0;
}
