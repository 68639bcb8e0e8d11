/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A thread that waits in connect() is killed by another one's exec, and the socket stays open: its
 * connect has ended, though it has never returned.
 */
#include "program.h"

static struct sockaddr_un address;
static socklen_t address_len;
static _Atomic pid_t tid;

static void *connect_blocking(void *arg)
{
	tid = gettid();
	connect(*(int *)arg, (struct sockaddr *)&address, address_len);
	return NULL;
}

int main(int argc, char **argv)
{
	char number[32];
	char *args[] = { argv[0], number, NULL };
	pthread_t thread;
	int listener, fd;

	if (argc > 1) {
		expect_leak(atoi(argv[1]), "class=connect_failed connect_tries=1");
		ready();
		return 0;
	}
	listener = check(socket(AF_UNIX, SOCK_STREAM, 0));
	address_len = abstract_name(&address, "backlog");
	check(bind(listener, (struct sockaddr *)&address, address_len));
	check(listen(listener, 0));
	check(connect(check(socket(AF_UNIX, SOCK_STREAM, 0)), (struct sockaddr *)&address,
		      address_len));
	fd = check(socket(AF_UNIX, SOCK_STREAM, 0));
	check(-pthread_create(&thread, NULL, connect_blocking, &fd));
	while (!tid)
		sleep_ms(1);
	wait_until_inside(tid, SYS_connect);
	expect_none();
	ready();
	snprintf(number, sizeof(number), "%d", fd);
	check(execv("/proc/self/exe", args));
}
