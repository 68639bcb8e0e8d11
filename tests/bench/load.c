/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A host to watch, for `make bench-scale`: holds what it is told to until its stdin ends.
 *
 *   load sockets COUNT         sockets that nothing is done with
 *   load files COUNT           descriptors that are none
 *   load processes COUNT       processes that wait, with three descriptors each
 *   load sites COUNT           sockets, each from a stack of its own
 *   load leaks RATE HOLD_MS    RATE sockets a second, each closed HOLD_MS later
 *
 * Prints "ready", or "refused: WHY" when the host's limits do not let it. What is more than
 * one process may hold is divided among children, which die with it. `sites` prints "ready"
 * when all are made, which takes 2 ms for each: all at once would be a burst, and another
 * question; `leaks` when its processes have begun.
 */
#define _GNU_SOURCE 1
#include <errno.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define SPARE_FDS 64 /* of a process, that are not held: its own */
#define SITE_BITS 14
#define SITE_PAUSE_NS 2000000
#define LEAKS_EACH 2500 /* a second, of one process */
#define TICK_NS 5000000

static pid_t *children;
static long child_count;

/* ---- Stacks that differ: at each depth one of two functions, by a bit of the number ---- */

static int turn(unsigned int number, int depth);

static __attribute__((noipa)) int left(unsigned int number, int depth)
{
	int fd = turn(number, depth);

	__asm__ volatile("" : "+r"(fd));
	return fd;
}

static __attribute__((noipa)) int right(unsigned int number, int depth)
{
	volatile char frame[32] = { 0 };
	int fd = turn(number, depth);

	__asm__ volatile("" : "+r"(fd));
	return fd + frame[0];
}

static __attribute__((noipa)) int turn(unsigned int number, int depth)
{
	int fd = !depth	     ? socket(AF_INET, SOCK_STREAM, 0) :
		 number & 1u ? right(number >> 1, depth - 1) :
			       left(number >> 1, depth - 1);

	__asm__ volatile("" : "+r"(fd));
	return fd;
}

/* ---- What one process does. Each returns 0 or an errno. ---- */

static void pause_ns(long long ns)
{
	struct timespec time = { .tv_sec = ns / 1000000000, .tv_nsec = ns % 1000000000 };

	nanosleep(&time, NULL);
}

static int hold_sockets(long count)
{
	while (count--)
		if (socket(AF_INET, SOCK_STREAM, 0) < 0)
			return errno;
	return 0;
}

static int hold_files(long count)
{
	while (count--)
		if (dup(STDIN_FILENO) < 0)
			return errno;
	return 0;
}

static int hold_sites(long count)
{
	for (long i = 0; i < count; i++) {
		if (turn((unsigned int)i, SITE_BITS) < 0)
			return errno;
		pause_ns(SITE_PAUSE_NS);
	}
	return 0;
}

static long long now_ns(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return now.tv_sec * 1000000000LL + now.tv_nsec;
}

/* For ever: a ring of descriptors, of which the oldest is closed for each new one. */
static void leak(long rate, long hold_ms)
{
	long held = rate * hold_ms / 1000 + 1;
	int *ring = malloc(sizeof(*ring) * (size_t)held);
	long long begun_ns = now_ns(), made = 0;

	if (!ring)
		_exit(1);
	memset(ring, -1, sizeof(*ring) * (size_t)held);
	for (;;) {
		long long due = (now_ns() - begun_ns) * rate / 1000000000;

		for (; made < due; made++) {
			int *fd = &ring[made % held];

			if (*fd >= 0)
				close(*fd);
			*fd = socket(AF_INET, SOCK_STREAM, 0);
		}
		pause_ns(TICK_NS);
	}
}

/* ---- Dividing it among processes ---- */

static __attribute__((noreturn)) void finish(int status)
{
	for (long i = 0; i < child_count; i++)
		kill(children[i], SIGKILL);
	for (long i = 0; i < child_count; i++)
		waitpid(children[i], NULL, 0);
	exit(status);
}

static __attribute__((noreturn)) void refuse(const char *what, int err)
{
	printf("refused: %s: %s\n", what, strerror(err));
	fflush(stdout);
	finish(1);
}

/* Returns 0 in the child. The parent goes on when what the child reports has arrived. */
static pid_t start_child(void)
{
	pid_t parent = getpid();
	pid_t pid = fork();

	if (pid < 0)
		refuse("fork", errno);
	if (!pid) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		if (getppid() != parent)
			_exit(1);
		return 0;
	}
	children[child_count++] = pid;
	return pid;
}

static long limit_of_fds(void)
{
	struct rlimit limit;

	getrlimit(RLIMIT_NOFILE, &limit);
	limit.rlim_cur = limit.rlim_max;
	setrlimit(RLIMIT_NOFILE, &limit);
	return limit.rlim_cur > 1000000 ? 1000000 : (long)limit.rlim_cur - SPARE_FDS;
}

/* As many children as it takes, each with a part of `count`. */
static void hold_in_children(long count, int (*hold)(long count))
{
	long most = limit_of_fds();
	int report[2], err;

	if (pipe(report))
		refuse("pipe", errno);
	while (count > 0) {
		long part = count < most ? count : most;

		if (!start_child()) {
			err = hold(part);
			if (write(report[1], &err, sizeof(err)) != sizeof(err))
				_exit(1);
			for (;;)
				pause();
		}
		if (read(report[0], &err, sizeof(err)) != sizeof(err))
			err = EIO;
		if (err)
			refuse("descriptors", err);
		count -= part;
	}
}

static void start_processes(long count)
{
	while (count--)
		if (!start_child())
			for (;;)
				pause();
}

static void start_leaks(long rate, long hold_ms)
{
	limit_of_fds();
	while (rate > 0) {
		long part = rate < LEAKS_EACH ? rate : LEAKS_EACH;

		if (!start_child())
			leak(part, hold_ms);
		rate -= part;
	}
}

static int usage(void)
{
	fputs("usage: load sockets|files|processes|sites COUNT | leaks RATE HOLD_MS\n", stderr);
	return 2;
}

int main(int argc, char **argv)
{
	long count = argc > 2 ? atol(argv[2]) : 0;
	char byte;

	children = calloc((size_t)count + 1, sizeof(*children));
	if (count < 1 || !children)
		return usage();
	if (!strcmp(argv[1], "sockets"))
		hold_in_children(count, hold_sockets);
	else if (!strcmp(argv[1], "files"))
		hold_in_children(count, hold_files);
	else if (!strcmp(argv[1], "sites"))
		hold_in_children(count, hold_sites);
	else if (!strcmp(argv[1], "processes"))
		start_processes(count);
	else if (!strcmp(argv[1], "leaks") && argc > 3)
		start_leaks(count, atol(argv[3]));
	else
		return usage();
	puts("ready");
	fflush(stdout);
	while (read(STDIN_FILENO, &byte, 1) > 0)
		;
	finish(0);
}
