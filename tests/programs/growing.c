/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Leaks as many sockets as its first argument says (10 without one), one every 50 ms, at
 * one place, as a service does that leaks one with each request; then closes them all.
 */
#include "program.h"

int main(int argc, char **argv)
{
	int count = argc > 1 ? atoi(argv[1]) : 10;
	unsigned long *inodes = calloc(count, sizeof(*inodes));
	int *fds = calloc(count, sizeof(*fds));

	for (int i = 0; i < count; i++) {
		fds[i] = make_socket(AF_INET, SOCK_STREAM, 0);
		inodes[i] = inode_of(fds[i]);
		usleep(50000);
	}
	for (int i = 0; i < count; i++)
		expect_leak(fds[i], "class=never_used function=make_socket");
	ready();
	for (int i = 0; i < count; i++) {
		close(fds[i]);
		expect_resolved(inodes[i], "closed");
	}
	ready();
	return 0;
}
