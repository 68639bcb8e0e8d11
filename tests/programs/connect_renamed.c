/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A thread waits in connect(), and when that fails the process goes by another name: who watches
 * processes of the first name alone has seen the call begin. It has its name again afterwards.
 */
#include "program.h"

static struct sockaddr_un address;
static socklen_t address_len;
static _Atomic pid_t tid;
static int fd;

static void *connect_blocking(void *arg _unused_)
{
	tid = gettid();
	if (!connect(fd, (struct sockaddr *)&address, address_len) || errno != ECONNREFUSED)
		die("connect");
	return NULL;
}

int main(void)
{
	int listener = check(socket(AF_UNIX, SOCK_STREAM, 0));
	pthread_t thread;

	check(prctl(PR_SET_NAME, "connect-first"));
	address_len = abstract_name(&address, "backlog");
	check(bind(listener, (struct sockaddr *)&address, address_len));
	check(listen(listener, 0));
	check(connect(make_socket(AF_UNIX, SOCK_STREAM, 0), (struct sockaddr *)&address,
		      address_len));
	fd = make_socket(AF_UNIX, SOCK_STREAM, 0);
	check(-pthread_create(&thread, NULL, connect_blocking, NULL));
	while (!tid)
		sleep_ms(1);
	wait_until_inside(tid, SYS_connect);
	expect_none();
	ready();
	check(prctl(PR_SET_NAME, "connect-other"));
	close(listener);
	check(-pthread_join(thread, NULL));
	check(prctl(PR_SET_NAME, "connect-first"));
	expect_leak(fd, "class=connect_failed connect_tries=1 connect_errno=ECONNREFUSED");
	ready();
	return 0;
}
