/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Keeps a pool of eight sockets, each of which it closes after as many milliseconds as its first
 * argument says (4000 without one), to make another in its place; from its second phase on it
 * also leaks one each time, until it is ended.
 */
#include "program.h"

#define POOL 8

static volatile bool leaks;

static void *end_with_stdin(void *arg _unused_)
{
	ready();
	leaks = true;
	ready();
	exit(0);
}

int main(int argc, char **argv)
{
	unsigned int life_ms = argc > 1 ? atoi(argv[1]) : 4000;
	int pool[POOL];
	pthread_t thread;

	for (int i = 0; i < POOL; i++) {
		pool[i] = make_socket(AF_INET, SOCK_STREAM, 0);
		sleep_ms(life_ms / POOL);
	}
	expect_none();
	check(-pthread_create(&thread, NULL, end_with_stdin, NULL));
	for (int i = 0;; i = (i + 1) % POOL) {
		close(pool[i]);
		pool[i] = make_socket(AF_INET, SOCK_STREAM, 0);
		if (leaks)
			make_socket(AF_INET, SOCK_STREAM, 0);
		sleep_ms(life_ms / POOL);
	}
}
