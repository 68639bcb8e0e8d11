/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A service that leaks: it makes a socket every PERIOD milliseconds, does nothing with it, and
 * forgets it. It ends when it is ended. Linked statically, so that it runs on any host and in an
 * empty container.
 */
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <time.h>

/* The function that an alert is to name. Without a descriptor it tries again, as real code does. */
__attribute__((noinline, noclone)) static int open_upstream(void)
{
	int fd = socket(AF_INET, SOCK_STREAM, 0);

	__asm__ volatile("" ::: "memory");
	return fd;
}

int main(int argc, char **argv)
{
	long period_ms = argc > 1 ? atol(argv[1]) : 1000;
	struct timespec pause = { period_ms / 1000, period_ms % 1000 * 1000000 };

	for (;;) {
		open_upstream();
		nanosleep(&pause, NULL);
	}
}
