/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A process that lives for a while without any socket creates two and holds
 * them: one in its main thread, one in another. For the cases with filters,
 * which must know the process before the leak.
 */
#include "program.h"

static int other_fd;
static pid_t other_tid;

static void *create(void *arg _unused_)
{
	other_tid = syscall(SYS_gettid);
	other_fd = make_socket(AF_INET, SOCK_STREAM, 0);
	pause();
	return NULL;
}

int main(void)
{
	pthread_t thread;

	expect_none();
	ready();
	check(-pthread_create(&thread, NULL, create, NULL));
	expect_leak(make_socket(AF_INET, SOCK_STREAM, 0), "class=never_used tid=%d", getpid());
	while (!__atomic_load_n(&other_fd, __ATOMIC_ACQUIRE))
		sleep_ms(10);
	expect_leak(other_fd, "class=never_used tid=%d", other_tid);
	ready();
	return 0;
}
