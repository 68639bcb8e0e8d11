/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * An event loop makes its socket before a slow name lookup and connects it
 * when the name is known: suspect until then, in use after.
 */
#include "program.h"

int main(void)
{
	int listener = make_listener(8);
	int fd = make_socket(AF_INET, SOCK_STREAM, 0);

	expect_leak(fd, "class=never_used");
	ready();
	connect_to(fd, listener);
	expect_resolved(inode_of(fd), "used");
	ready();
	return 0;
}
