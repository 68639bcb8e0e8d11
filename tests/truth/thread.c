/* SPDX-License-Identifier: BSD-2-Clause */
/* Leaks in a thread. */
#include <pthread.h>

#include "truth.h"

static NOINLINE int open_in_thread(void)
{
	int fd = socket(AF_INET, SOCK_STREAM, 0);

	KEEP_FRAME();
	return fd;
}

static void *worker(void *arg)
{
	open_in_thread();
	KEEP_FRAME();
	return arg;
}

int main(void)
{
	pthread_t thread;

	truth_ready();
	pthread_create(&thread, NULL, worker, NULL);
	pthread_join(thread, NULL);
	truth_leaked(1);
	return 0;
}
