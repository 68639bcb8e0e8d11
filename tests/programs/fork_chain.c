/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A chain of forks: each process creates one socket at the same place, forks, and exits. In the end
 * one process holds all that its ancestors have created. The first process stays, without sockets,
 * to end it.
 */
#include "program.h"

#include <sys/mman.h>

#define LINKS 20
#define LINK_MS 150

static void go_on(const int go[2], const int done[2], unsigned long *inodes)
{
	char byte;

	close(go[1]);
	for (int i = 0; i < LINKS; i++) {
		inodes[i] = inode_of(make_socket(AF_INET, SOCK_STREAM, 0));
		sleep_ms(LINK_MS);
		if (i + 1 < LINKS && check(fork()))
			_exit(0);
	}
	tell(done);
	_exit(read(go[0], &byte, 1) != 0); /* when the first process closes its end, or is gone */
}

int main(void)
{
	size_t size = LINKS * sizeof(unsigned long);
	unsigned long *inodes =
		mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	int go[2], done[2];

	if (inodes == MAP_FAILED)
		check(-1);
	make_signal(go);
	make_signal(done);
	if (!start_child())
		go_on(go, done, inodes);
	close(done[1]);
	wait_for(done);
	for (int i = 0; i < LINKS; i++)
		expect_leak_of(inodes[i], "class=never_used");
	ready();
	close(go[1]);
	for (int i = 0; i < LINKS; i++)
		expect_resolved(inodes[i], "exited");
	ready();
	return 0;
}
