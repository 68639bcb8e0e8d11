/* SPDX-License-Identifier: BSD-2-Clause */
/* A nonblocking connect() answers EINPROGRESS, is refused in the background; nobody looks. */
#include "program.h"

int main(void)
{
	int fd = make_socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);
	struct sockaddr_in address = loopback(REFUSED_PORT);

	if (!connect(fd, ADDRESS(address)) || errno != EINPROGRESS)
		die("connect");
	expect_leak(fd,
		    "class=connect_failed connect_tries=1 connect_errno=ECONNREFUSED "
		    "destination=127.0.0.1:%d",
		    REFUSED_PORT);
	ready();
	return 0;
}
