/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The usual clean-up after a non-blocking connect that was refused: read the
 * error, shut down, and forget to close.
 */
#include "program.h"

int main(void)
{
	struct sockaddr_in address = { .sin_family = AF_INET, .sin_port = htons(1) };
	int fd = make_socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0), error;
	struct pollfd waited = { .fd = fd, .events = POLLOUT };
	socklen_t len = sizeof(error);

	address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	if (!connect(fd, (struct sockaddr *)&address, sizeof(address)))
		die("somebody listens on port 1");
	check(poll(&waited, 1, 10000));
	check(getsockopt(fd, SOL_SOCKET, SO_ERROR, &error, &len));
	shutdown(fd, SHUT_RDWR);
	expect_leak(fd, "class=connect_failed connect_tries=1 destination=127.0.0.1:1");
	ready();
	return 0;
}
