/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A thread waits inside connect() to a unix socket whose backlog is full, through
 * a descriptor that is a fresh dup, the original closed: a connection under way.
 */
#include "program.h"

static int copy;
static struct sockaddr_un address = { .sun_family = AF_UNIX };
static socklen_t len;

static void *wait_in_connect(void *unused)
{
	(void)unused;
	connect(copy, (struct sockaddr *)&address, len);
	return NULL;
}

int main(void)
{
	int listener = make_socket(AF_UNIX, SOCK_STREAM, 0), fd;
	pthread_t thread;

	len = offsetof(struct sockaddr_un, sun_path) + 1 +
	      sprintf(address.sun_path + 1, "sockleak-dup-%d", getpid());
	check(bind(listener, (struct sockaddr *)&address, len));
	check(listen(listener, 0));
	fd = make_socket(AF_UNIX, SOCK_STREAM, 0);
	check(connect(fd, (struct sockaddr *)&address, len)); /* takes the one place */
	fd = make_socket(AF_UNIX, SOCK_STREAM, 0);
	copy = check(fcntl(fd, F_DUPFD, 100));
	close(fd);
	check(-pthread_create(&thread, NULL, wait_in_connect, NULL));
	expect_none();
	ready();
	return 0;
}
