/* SPDX-License-Identifier: BSD-2-Clause */
/* A process with a leaked socket is killed: the socket is closed by its exit. */
#include "program.h"

int main(void)
{
	int created[2];
	struct {
		unsigned long inode;
		int fd;
	} leak = { 0 };
	pid_t child;

	make_signal(created);
	child = start_child();
	if (!child) {
		leak.fd = make_socket(AF_INET, SOCK_STREAM, 0);
		leak.inode = inode_of(leak.fd);
		check(write(created[1], &leak, sizeof(leak)));
		pause();
	}
	check(read(created[0], &leak, sizeof(leak)));
	expect_leak_of(leak.inode, "pid=%d tid=%d fd=%d class=never_used", child, child, leak.fd);
	ready();
	kill(child, SIGKILL);
	check(waitpid(child, NULL, 0));
	expect_resolved(leak.inode, "exited");
	ready();
	return 0;
}
