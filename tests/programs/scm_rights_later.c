/* SPDX-License-Identifier: BSD-2-Clause */
/* As scm_rights, after the leak was reported: it stays the same leak until the receiver dies. */
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
	expect_leak(fd, "class=never_used");
	ready();
	hand_over(over, fd);
	close(fd);
	expect_leak_of(inode, "pid=%d fd=%d class=never_used function=make_socket held_by=%d",
		       child, AT, child);
	ready();
	kill(child, SIGKILL);
	check(waitpid(child, NULL, 0));
	expect_resolved(inode, "exited");
	ready();
	return 0;
}
