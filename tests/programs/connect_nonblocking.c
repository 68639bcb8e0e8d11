/* SPDX-License-Identifier: BSD-2-Clause */
/* A nonblocking connect() answers EINPROGRESS and succeeds in the background. */
#include "program.h"

int main(void)
{
	int listener = make_listener(8);
	int fd = make_socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);
	struct sockaddr_in address = loopback(port_of(listener));

	if (!connect(fd, ADDRESS(address)) || errno != EINPROGRESS)
		die("connect");
	expect_none();
	ready();
	return 0;
}
