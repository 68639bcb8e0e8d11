/* SPDX-License-Identifier: BSD-2-Clause */
/* One thread creates sockets, another closes them: one before the threshold, one after it. */
#include "program.h"

static int fds[2];
static int created[2];
static pid_t creator;

static void *create(void *arg _unused_)
{
	creator = syscall(SYS_gettid);
	fds[0] = make_socket(AF_INET, SOCK_STREAM, 0);
	fds[1] = make_socket(AF_INET, SOCK_STREAM, 0);
	tell(created);
	pause();
	return NULL;
}

int main(void)
{
	pthread_t thread;
	unsigned long inode;

	make_signal(created);
	check(-pthread_create(&thread, NULL, create, NULL));
	wait_for(created);
	close(fds[0]);
	inode = inode_of(fds[1]);
	expect_leak(fds[1], "class=never_used tid=%d", creator);
	ready();
	close(fds[1]);
	expect_resolved(inode, "closed");
	ready();
	return 0;
}
