/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * connect() to a unix listener whose backlog is full hangs for longer than the threshold,
 * until the listener is closed. The socket is kept.
 */
#include "program.h"

static struct sockaddr_un address;
static socklen_t address_len;
static int fd;

static void *connect_blocking(void *arg _unused_)
{
	connect(fd, (struct sockaddr *)&address, address_len);
	return NULL;
}

int main(void)
{
	int listener = check(socket(AF_UNIX, SOCK_STREAM, 0));
	int first = make_socket(AF_UNIX, SOCK_STREAM, 0);
	pthread_t thread;

	fd = make_socket(AF_UNIX, SOCK_STREAM, 0);
	address_len = abstract_name(&address, "closing");
	check(bind(listener, (struct sockaddr *)&address, address_len));
	check(listen(listener, 0));
	check(connect(first, (struct sockaddr *)&address, address_len));
	check(-pthread_create(&thread, NULL, connect_blocking, NULL));
	expect_none();
	ready();
	close(listener);
	check(-pthread_join(thread, NULL));
	expect_leak(fd, "class=connect_failed connect_tries=1 connect_errno=ECONNREFUSED");
	ready();
	return 0;
}
