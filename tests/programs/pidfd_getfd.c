/* SPDX-License-Identifier: BSD-2-Clause */
/* Another process takes a socket with pidfd_getfd(), and the one that made it closes its own. */
#include "program.h"

int main(void)
{
	int created[2], taken[2], closed[2];
	int own, pidfd, fd;
	unsigned long inode;
	pid_t child;

	make_signal(created);
	make_signal(taken);
	make_signal(closed);
	child = start_child();
	if (!child) {
		own = make_socket(AF_INET, SOCK_STREAM, 0);
		check(write(created[1], &own, sizeof(own)));
		wait_for(taken);
		close(own);
		tell(closed);
		pause();
	}
	check(read(created[0], &own, sizeof(own)));
	pidfd = syscall(SYS_pidfd_open, child, 0);
	fd = pidfd < 0 ? -1 : syscall(SYS_pidfd_getfd, pidfd, own, 0);
	if (fd < 0 && errno == ENOSYS)
		skip("no pidfd_getfd in this kernel");
	inode = inode_of(check(fd));
	tell(taken);
	wait_for(closed);
	expect_leak_of(inode, "pid=%d fd=%d class=never_used function=make_socket", getpid(), fd);
	ready();
	close(fd);
	expect_resolved(inode, "closed");
	ready();
	return 0;
}
