/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * exec() with four sockets: two leaked before it and two just created, with and
 * without CLOEXEC. The exec closes those with CLOEXEC; the others stay leaked.
 */
#include "program.h"

static void after_exec(char **inodes)
{
	unsigned long gone = strtoul(inodes[0], NULL, 10);
	int old = atoi(inodes[1]);
	int young = atoi(inodes[2]);

	expect_resolved(gone, "closed");
	expect_leak(old, "class=never_used");
	expect_leak(young, "class=never_used");
	ready();
}

int main(int argc, char **argv)
{
	char gone[32], old[32], young[32];
	char *args[] = { argv[0], gone, old, young, NULL };
	int cloexec, kept;

	if (argc > 1) {
		after_exec(argv + 1);
		return 0;
	}
	cloexec = make_socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	kept = make_socket(AF_INET, SOCK_STREAM, 0);
	expect_leak(cloexec, "class=never_used");
	expect_leak(kept, "class=never_used");
	ready();
	make_socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	snprintf(gone, sizeof(gone), "%lu", inode_of(cloexec));
	snprintf(old, sizeof(old), "%d", kept);
	snprintf(young, sizeof(young), "%d", make_socket(AF_INET, SOCK_STREAM, 0));
	check(execv("/proc/self/exe", args));
}
