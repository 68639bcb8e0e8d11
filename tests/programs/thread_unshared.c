/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A thread has an fd table of its own (unshare(CLONE_FILES)) and holds a socket
 * there that the rest of the process has closed.
 */
#include "program.h"

static int unshared[2], go[2], closed[2];
static int fd;

static void *hold(void *arg _unused_)
{
	check(unshare(CLONE_FILES));
	tell(unshared);
	wait_for(go);
	close(fd);
	tell(closed);
	pause();
	return NULL;
}

int main(void)
{
	pthread_t thread;
	unsigned long inode;

	fd = make_socket(AF_INET, SOCK_STREAM, 0);
	inode = inode_of(fd);
	make_signal(unshared);
	make_signal(go);
	make_signal(closed);
	expect_leak(fd, "class=never_used");
	check(-pthread_create(&thread, NULL, hold, NULL));
	wait_for(unshared);
	ready();
	close(fd);
	expect_leak_of(inode, "pid=%d fd=%d class=never_used", getpid(), fd);
	ready();
	tell(go);
	wait_for(closed);
	expect_resolved(inode, "closed");
	ready();
	return 0;
}
