/* SPDX-License-Identifier: BSD-2-Clause */
/* The parent closes its copy before the threshold: the leak is the child's, its origin known. */
#include "program.h"

int main(void)
{
	int fd = make_socket(AF_INET, SOCK_STREAM, 0);
	unsigned long inode = inode_of(fd);
	pid_t child = start_child();

	if (!child)
		pause();
	close(fd);
	expect_leak_of(inode, "pid=%d fd=%d class=never_used function=make_socket", child, fd);
	ready();
	kill(child, SIGKILL);
	check(waitpid(child, NULL, 0));
	expect_resolved(inode, "closed|exited");
	ready();
	return 0;
}
