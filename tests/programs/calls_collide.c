/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Two threads wait in connect() at the same time whose numbers have the same remainder by the
 * number of places for such calls. Both calls are followed to their end.
 */
#include "program.h"

#include <linux/sched.h>

#include "../../include/sockleak.h"

#define PLACES SOCKLEAK_MAX_IN_FLIGHT

static struct sockaddr_un address;
static socklen_t address_len;
static int listener;

/* A child with this process id; 0 = it is taken, or out of reach. */
static pid_t start_child_as(pid_t pid)
{
	struct clone_args args = { .exit_signal = SIGCHLD,
				   .set_tid = (uintptr_t)&pid,
				   .set_tid_size = 1 };
	pid_t parent = getpid();

	fflush(stdout);
	switch (syscall(SYS_clone3, &args, sizeof(args))) {
	case -1:
		if (errno == EPERM || errno == ENOSYS || errno == E2BIG)
			skip("no choice of process ids here");
		return 0;
	case 0:
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		if (syscall(SYS_getppid) != parent)
			_exit(0);
		return -1;
	}
	printf("pid %d\n", pid);
	return pid;
}

/* Says which socket it has, and ends with the program. */
static void connect_in_child(int reported)
{
	int fd = make_socket(AF_UNIX, SOCK_STREAM, 0);
	unsigned long inode = inode_of(fd);

	close(listener);
	check(write(reported, &inode, sizeof(inode)));
	connect(fd, (struct sockaddr *)&address, address_len);
	for (;;)
		pause();
}

static unsigned long inode_reported(int reported)
{
	unsigned long inode = 0;

	check(read(reported, &inode, sizeof(inode)));
	return inode;
}

static void start_pair(const int reported[2], unsigned long inodes[2])
{
	for (int tries = 0; tries < 64; tries++) {
		pid_t first = start_child(), second;

		if (!first)
			connect_in_child(reported[1]);
		inodes[0] = inode_reported(reported[0]);
		second = first > PLACES ? first - PLACES : first + PLACES;
		second = start_child_as(second);
		if (second < 0)
			connect_in_child(reported[1]);
		if (second) {
			inodes[1] = inode_reported(reported[0]);
			return;
		}
		check(kill(first, SIGKILL));
		check(waitpid(first, NULL, 0));
	}
	skip("no pair of free process ids");
}

int main(void)
{
	int first = make_socket(AF_UNIX, SOCK_STREAM, 0), reported[2];
	unsigned long inodes[2];

	listener = check(socket(AF_UNIX, SOCK_STREAM, 0));
	make_signal(reported);
	address_len = abstract_name(&address, "collide");
	check(bind(listener, (struct sockaddr *)&address, address_len));
	check(listen(listener, 0));
	check(connect(first, (struct sockaddr *)&address, address_len));
	start_pair(reported, inodes);
	expect_none();
	ready();
	close(listener);
	for (int i = 0; i < 2; i++)
		expect_leak_of(inodes[i], "class=connect_failed connect_tries=1 "
					  "connect_errno=ECONNREFUSED");
	ready();
	return 0;
}
