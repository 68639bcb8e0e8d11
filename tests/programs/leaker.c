/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Leaks as many sockets within two seconds as its first argument says (100 without one), at
 * one place in the code; then four a second, for as long as it is told to go on; then no
 * more, and keeps what it has. A second argument is the comm it gives itself, whatever its
 * bytes are.
 */
#include "program.h"

static atomic_int wanted, made;
static atomic_uint pace_ms;

/* As make_socket(), but where no descriptor is left that is no end. */
_opaque_ static int leak_socket(void)
{
	int fd = socket(AF_INET, SOCK_STREAM, 0);

	__asm__ volatile("" ::: "memory");
	return fd;
}

/* One loop makes them all: whether few or many, they have one stack. */
static void *leak_on(void *arg _unused_)
{
	for (;; sleep_ms(pace_ms))
		if (made < wanted && leak_socket() >= 0)
			made++;
	return NULL;
}

int main(int argc, char **argv)
{
	int count = argc > 1 ? atoi(argv[1]) : 100;
	int first = check(dup(STDOUT_FILENO));
	pthread_t thread;

	check(close(first));
	if (argc > 2)
		check(prctl(PR_SET_NAME, argv[2]));
	pace_ms = 2000 / count;
	check(-pthread_create(&thread, NULL, leak_on, NULL));
	expect_none();
	ready();
	for (wanted = count; made < count;)
		sleep_ms(10);
	for (int i = 0; i < count; i++)
		expect_leak(first + i, "class=never_used");
	ready();
	pace_ms = 250;
	wanted = INT_MAX;
	ready();
	wanted = 0;
	ready();
	return 0;
}
