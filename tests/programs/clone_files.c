/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Two processes share one fd table (CLONE_FILES without CLONE_THREAD). The child
 * closes a socket that the parent leaked, and connects one that it made. Beside programs whose
 * shared tables are long, a table is read once, and one of the two is known as its holder.
 */
#include "program.h"
#include <sched.h>

static int go[2], done[2];
static int listener, closed_fd, connected_fd, child_fd;

static int child_main(void *arg _unused_)
{
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	child_fd = make_socket(AF_INET, SOCK_STREAM, 0);
	tell(done);
	wait_for(go);
	close(closed_fd);
	connect_to(connected_fd, listener);
	tell(done);
	pause();
	return 0;
}

int main(void)
{
	static char stack[65536] __attribute__((aligned(16)));
	unsigned long inode;
	pid_t child;

	make_signal(go);
	make_signal(done);
	listener = make_listener(8);
	closed_fd = make_socket(AF_INET, SOCK_STREAM, 0);
	connected_fd = make_socket(AF_INET, SOCK_STREAM, 0);
	inode = inode_of(closed_fd);
	child = check(
		clone(child_main, stack + sizeof(stack), CLONE_FILES | CLONE_VM | SIGCHLD, NULL));
	printf("pid %d\n", child);
	wait_for(done);
	expect_leak_of(inode, "pid=%d|%d fd=%d class=never_used held_by=%d+%d|%d|%d", getpid(),
		       child, closed_fd, getpid(), child, getpid(), child);
	expect_leak_of(inode_of(connected_fd), "pid=%d|%d fd=%d class=never_used", getpid(), child,
		       connected_fd);
	expect_leak_of(inode_of(child_fd), "pid=%d|%d fd=%d class=never_used tid=%d", getpid(),
		       child, child_fd, child);
	ready();
	tell(go);
	wait_for(done);
	expect_resolved(inode, "closed");
	expect_resolved(inode_of(connected_fd), "used");
	expect_leak_of(inode_of(child_fd), "pid=%d|%d fd=%d class=never_used", getpid(), child,
		       child_fd);
	ready();
	return 0;
}
