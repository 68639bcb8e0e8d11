/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Leaks as many sockets as its argument says (2,000 without one), at one place;
 * then closes them all; then leaks one more.
 */
#include "program.h"

int main(int argc, char **argv)
{
	int count = argc > 1 ? atoi(argv[1]) : 2000;
	struct rlimit limit;
	unsigned long *inodes = calloc(count, sizeof(*inodes));
	int *fds = calloc(count, sizeof(*fds));

	check(getrlimit(RLIMIT_NOFILE, &limit));
	limit.rlim_cur = limit.rlim_max;
	check(setrlimit(RLIMIT_NOFILE, &limit));
	if (limit.rlim_max < (rlim_t)count + 16)
		skip("RLIMIT_NOFILE is too low");
	expect_none();
	ready();
	for (int i = 0; i < count; i++) {
		fds[i] = make_socket(AF_INET, SOCK_STREAM, 0);
		inodes[i] = inode_of(fds[i]);
		expect_leak(fds[i], "class=never_used");
	}
	ready();
	for (int i = 0; i < count; i++) {
		close(fds[i]);
		expect_resolved(inodes[i], "closed");
	}
	ready();
	expect_leak(make_socket(AF_INET, SOCK_STREAM, 0), "class=never_used function=make_socket");
	ready();
	return 0;
}
