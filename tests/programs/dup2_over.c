/* SPDX-License-Identifier: BSD-2-Clause */
/* dup2() and dup3() of a file over leaked sockets: closed without a close(). */
#include "program.h"

int main(void)
{
	int file = check(open("/dev/null", O_RDONLY));
	int by_dup2 = make_socket(AF_INET, SOCK_STREAM, 0);
	int by_dup3 = make_socket(AF_INET, SOCK_STREAM, 0);
	unsigned long dup2_inode = inode_of(by_dup2);
	unsigned long dup3_inode = inode_of(by_dup3);

	expect_leak(by_dup2, "class=never_used");
	expect_leak(by_dup3, "class=never_used");
	ready();
	check(dup2(file, by_dup2));
	check(dup3(file, by_dup3, O_CLOEXEC));
	expect_resolved(dup2_inode, "closed");
	expect_resolved(dup3_inode, "closed");
	ready();
	return 0;
}
