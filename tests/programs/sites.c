/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Leaks at as many places as its first argument says (100 without one), so many a second
 * as the second says: one function that calls itself from two places, so that each way
 * down is a stack of its own.
 */
#include "program.h"

#define DEPTH 14

__attribute__((noinline)) static int down(int depth, unsigned int way)
{
	int fd;

	if (!depth)
		return make_socket(AF_INET, SOCK_STREAM, 0);
	if (way & 1) {
		fd = down(depth - 1, way >> 1);
		__asm__ volatile("nop" ::: "memory"); /* or the two calls become one */
	} else {
		fd = down(depth - 1, way >> 1);
		__asm__ volatile("" ::: "memory");
	}
	return fd;
}

int main(int argc, char **argv)
{
	int count = argc > 1 ? atoi(argv[1]) : 100, a_second = argc > 2 ? atoi(argv[2]) : 100;
	struct rlimit limit;

	check(getrlimit(RLIMIT_NOFILE, &limit));
	limit.rlim_cur = limit.rlim_max;
	check(setrlimit(RLIMIT_NOFILE, &limit));
	if (limit.rlim_max < (rlim_t)count + 16 || count > 1 << DEPTH)
		skip("RLIMIT_NOFILE is too low");
	for (int i = 0; i < count; i++) {
		check(down(DEPTH, i));
		usleep(1000000 / a_second);
	}
	expect_none();
	ready();
	return 0;
}
