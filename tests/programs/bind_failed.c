/* SPDX-License-Identifier: BSD-2-Clause */
/* bind() to an address in use fails, and the socket is kept. */
#include "program.h"

int main(void)
{
	int listener = make_listener(8);
	struct sockaddr_in address = loopback(port_of(listener));
	int fd = make_socket(AF_INET, SOCK_STREAM, 0);

	if (!bind(fd, ADDRESS(address)) || errno != EADDRINUSE)
		die("bind");
	expect_leak(fd, "class=bind_failed bind_tries=1 bind_errno=EADDRINUSE bound=false "
			"connect_tries=0");
	ready();
	return 0;
}
