/* SPDX-License-Identifier: BSD-2-Clause */
/* vfork() and exec() hand a socket without CLOEXEC to another program; the parent then closes. */
#include "program.h"

int main(int argc, char **argv)
{
	char *args[] = { argv[0], "child", NULL };
	int fd;
	unsigned long inode;
	pid_t child;

	if (argc > 1) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		pause();
	}
	fd = make_socket(AF_INET, SOCK_STREAM, 0);
	inode = inode_of(fd);
	child = vfork();
	if (!child) {
		execv("/proc/self/exe", args);
		_exit(127);
	}
	printf("pid %d\n", check(child));
	expect_leak_of(inode, "pid=%d|%d fd=%d class=never_used held_by=%d+%d", getpid(), child, fd,
		       getpid(), child);
	ready();
	close(fd);
	expect_leak_of(inode, "pid=%d fd=%d class=never_used", child, fd);
	ready();
	kill(child, SIGKILL);
	check(waitpid(child, NULL, 0));
	expect_resolved(inode, "exited");
	ready();
	return 0;
}
