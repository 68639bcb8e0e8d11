/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Keeps as many idle sockets as its second argument says (none without one); from its second
 * phase on it leaks one more at every tick of a clock, as many milliseconds apart as its first
 * argument says (200 without one), until it is ended.
 */
#include "program.h"

static void leak_on_time(long pace_ms)
{
	struct timespec due;

	check(-clock_gettime(CLOCK_MONOTONIC, &due));
	for (;;) {
		make_socket(AF_INET, SOCK_STREAM, 0);
		due.tv_nsec += pace_ms % 1000 * 1000000;
		due.tv_sec += pace_ms / 1000 + due.tv_nsec / 1000000000;
		due.tv_nsec %= 1000000000;
		while (clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &due, NULL))
			;
	}
}

static void *end_with_stdin(void *arg _unused_)
{
	ready();
	exit(0);
}

int main(int argc, char **argv)
{
	pthread_t thread;

	for (int i = argc > 2 ? atoi(argv[2]) : 0; i > 0; i--)
		make_socket(AF_INET, SOCK_STREAM, 0);
	expect_none();
	ready();
	check(-pthread_create(&thread, NULL, end_with_stdin, NULL));
	leak_on_time(argc > 1 ? atoi(argv[1]) : 200);
}
