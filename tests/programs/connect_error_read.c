/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A nonblocking connect() is refused in the background, the program reads the
 * error with SO_ERROR (which takes it out of the kernel) and keeps the socket.
 */
#include "program.h"

int main(void)
{
	int fd = make_socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);
	struct sockaddr_in address = loopback(REFUSED_PORT);
	struct pollfd event = { .fd = fd, .events = POLLOUT };
	int error = 0;
	socklen_t len = sizeof(error);

	if (!connect(fd, ADDRESS(address)) || errno != EINPROGRESS)
		die("connect");
	check(poll(&event, 1, -1));
	check(getsockopt(fd, SOL_SOCKET, SO_ERROR, &error, &len));
	if (error != ECONNREFUSED)
		die("SO_ERROR");
	expect_leak(fd,
		    "class=connect_failed connect_tries=1 connect_errno=ECONNREFUSED|null "
		    "destination=127.0.0.1:%d",
		    REFUSED_PORT);
	ready();
	return 0;
}
