/* SPDX-License-Identifier: BSD-2-Clause */
/* close_range() closes two of three leaked sockets. */
#include "program.h"

int main(void)
{
	unsigned long inodes[3];
	int fds[3];

	for (int i = 0; i < 3; i++) {
		fds[i] = make_socket(AF_INET, SOCK_STREAM, 0);
		inodes[i] = inode_of(fds[i]);
		expect_leak(fds[i], "class=never_used");
	}
	ready();
	if (syscall(SYS_close_range, fds[0], fds[1], 0) < 0) {
		if (errno == ENOSYS)
			skip("no close_range in this kernel");
		die("close_range");
	}
	expect_resolved(inodes[0], "closed");
	expect_resolved(inodes[1], "closed");
	expect_leak(fds[2], "class=never_used");
	ready();
	return 0;
}
