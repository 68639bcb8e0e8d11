/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Leaks below a frame that alone is larger than the snapshot: in the first thread
 * one that is in use, as libuv's; in another one that is not, as Ruby's.
 */
#include <pthread.h>

#include "truth.h"

#define USED (40 * 1024)
#define UNUSED (1024 * 1024)

static NOINLINE void opens(void)
{
	socket(AF_INET, SOCK_STREAM, 0);
	KEEP_FRAME();
}

static NOINLINE void has_large_frame(void)
{
	char room[USED];

	memset(room, 1, sizeof(room));
	__asm__ volatile("" : : "r"(room) : "memory");
	opens();
	__asm__ volatile("" : : "r"(room) : "memory");
}

static NOINLINE void *in_thread(void *argument)
{
	char room[UNUSED];

	__asm__ volatile("" : : "r"(room) : "memory");
	opens();
	__asm__ volatile("" : : "r"(room) : "memory");
	return argument;
}

int main(void)
{
	pthread_t thread;

	truth_ready();
	has_large_frame();
	pthread_create(&thread, NULL, in_thread, NULL);
	pthread_join(thread, NULL);
	truth_leaked(2);
	return 0;
}
