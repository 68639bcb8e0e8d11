/* SPDX-License-Identifier: BSD-2-Clause */
/* A library with more than one place that leaks; each its own function, kept apart. */
#include <sys/socket.h>

int leak_a(void);
int leak_b(void);
int leak_c(void);

/* What is done with the descriptor keeps the call from being the function's last. */
static volatile int last;

__attribute__((noinline)) int leak_a(void)
{
	last = socket(AF_INET, SOCK_STREAM, 0);
	return last;
}

__attribute__((noinline)) int leak_b(void)
{
	last = socket(AF_INET, SOCK_STREAM, 0);
	return last;
}

__attribute__((noinline)) int leak_c(void)
{
	last = socket(AF_INET, SOCK_STREAM, 0);
	return last;
}
