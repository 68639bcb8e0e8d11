/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Makes fd tables long, so that to read them takes time: as many processes as the first argument
 * says, with as many descriptors as the second one says. Each has a table of its own, in which it
 * leaks a socket, or with `shared` they have one together, in which one of them does. In the
 * second phase the sockets are closed. Processes of a shared table print no pid: they hold nothing
 * that the first one does not hold.
 */
#include "program.h"
#include <sched.h>

static void fill_table(int count)
{
	struct rlimit limit;

	check(getrlimit(RLIMIT_NOFILE, &limit));
	limit.rlim_cur = limit.rlim_max;
	check(setrlimit(RLIMIT_NOFILE, &limit));
	for (int fd = 0, last = -1; last < count; last = fd)
		fd = check(open("/dev/null", O_RDONLY | O_CLOEXEC));
}

static void share_table(int processes)
{
	unsigned long inode;
	int held;

	for (int i = 1; i < processes; i++) {
		if (!check(syscall(SYS_clone, CLONE_FILES | SIGCHLD, 0, 0, 0, 0))) {
			prctl(PR_SET_PDEATHSIG, SIGKILL);
			for (;;)
				pause();
		}
	}
	held = make_socket(AF_INET, SOCK_STREAM, 0);
	inode = inode_of(held);
	expect_leak_of(inode, "fd=%d class=never_used tid=%d", held, getpid());
	ready();
	close(held);
	expect_resolved(inode, "closed");
	ready();
}

static void work(const int go[2], const int done[2], int count)
{
	unsigned long inode;
	int held;

	fill_table(count);
	held = make_socket(AF_INET, SOCK_STREAM, 0);
	inode = inode_of(held);
	expect_leak(held, "class=never_used");
	tell(done);
	wait_for(go);
	close(held);
	expect_resolved(inode, "closed");
	tell(done);
	for (;;)
		pause(); /* until the first one ends */
}

static void fill_many_tables(int processes, int count)
{
	int go[2], done[2];

	make_signal(go);
	make_signal(done);
	for (int i = 0; i < processes; i++)
		if (!start_child())
			work(go, done, count);
	for (int i = 0; i < processes; i++)
		wait_for(done);
	ready();
	for (int i = 0; i < processes; i++)
		tell(go);
	for (int i = 0; i < processes; i++)
		wait_for(done);
	ready();
}

int main(int argc, char **argv)
{
	int processes = argc > 1 ? atoi(argv[1]) : 1, count = argc > 2 ? atoi(argv[2]) : 100;

	if (argc > 3 && !strcmp(argv[3], "shared")) {
		fill_table(count);
		share_table(processes);
	} else {
		fill_many_tables(processes, count);
	}
	return 0;
}
