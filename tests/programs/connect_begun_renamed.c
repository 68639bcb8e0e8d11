/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A thread goes into connect() while the process has another name, and waits there: who watches
 * processes of the first name alone has not seen it go in, and must not take the socket for a leak.
 */
#include "program.h"

static struct sockaddr_un address;
static socklen_t address_len;
static _Atomic pid_t tid;
static int fd;

static void *connect_blocking(void *arg _unused_)
{
	tid = gettid();
	connect(fd, (struct sockaddr *)&address, address_len);
	return NULL;
}

int main(void)
{
	int listener = check(socket(AF_UNIX, SOCK_STREAM, 0));
	pthread_t thread;

	check(prctl(PR_SET_NAME, "connect-begun"));
	address_len = abstract_name(&address, "backlog");
	check(bind(listener, (struct sockaddr *)&address, address_len));
	check(listen(listener, 0));
	check(connect(make_socket(AF_UNIX, SOCK_STREAM, 0), (struct sockaddr *)&address,
		      address_len));
	fd = make_socket(AF_UNIX, SOCK_STREAM, 0);
	check(prctl(PR_SET_NAME, "connect-other"));
	check(-pthread_create(&thread, NULL, connect_blocking, NULL));
	while (!tid)
		sleep_ms(1);
	wait_until_inside(tid, SYS_connect);
	check(prctl(PR_SET_NAME, "connect-begun"));
	expect_none();
	ready();
	return 0;
}
