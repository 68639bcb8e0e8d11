/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A hundred processes share one long fd table. A thread of one of them takes a table of its own
 * (unshare(CLONE_FILES)), and leaks a socket there that the shared one does not have.
 */
#include "program.h"
#include <sched.h>

#define PROCESSES 100
#define DESCRIPTORS 1000
#define FAR 19800 /* a number that makes the table long; nearly all of it is empty */

static int go[2], done[2];

static void *leak(void *arg _unused_)
{
	unsigned long inode;
	int held;

	check(unshare(CLONE_FILES));
	held = make_socket(AF_INET, SOCK_STREAM, 0);
	inode = inode_of(held);
	printf("pid %d\n", getpid());
	expect_leak(held, "class=never_used");
	tell(done);
	wait_for(go);
	close(held);
	expect_resolved(inode, "closed");
	tell(done);
	pause();
	return NULL;
}

static void fill_table(void)
{
	struct rlimit limit;
	int file;

	check(getrlimit(RLIMIT_NOFILE, &limit));
	limit.rlim_cur = limit.rlim_max;
	check(setrlimit(RLIMIT_NOFILE, &limit));
	for (int i = 0; i < DESCRIPTORS; i++)
		file = check(open("/dev/null", O_RDONLY | O_CLOEXEC));
	check(dup2(file, FAR));
}

int main(void)
{
	pthread_t thread;

	make_signal(go);
	make_signal(done);
	fill_table();
	for (int i = 1; i < PROCESSES; i++) {
		if (check(syscall(SYS_clone, CLONE_FILES | SIGCHLD, 0, 0, 0, 0)))
			continue;
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		if (i == PROCESSES / 2)
			check(-pthread_create(&thread, NULL, leak, NULL));
		for (;;)
			pause();
	}
	wait_for(done);
	ready();
	tell(go);
	wait_for(done);
	ready();
	return 0;
}
