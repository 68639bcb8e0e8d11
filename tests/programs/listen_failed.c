/* SPDX-License-Identifier: BSD-2-Clause */
/* listen() fails since another socket listens there (SO_REUSEADDR), and the socket is kept. */
#include "program.h"

int main(void)
{
	struct sockaddr_in address = { .sin_family = AF_INET };
	socklen_t len = sizeof(address);
	int first = make_socket(AF_INET, SOCK_STREAM, 0);
	int second = make_socket(AF_INET, SOCK_STREAM, 0);
	int on = 1;

	address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	check(setsockopt(first, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on)));
	check(setsockopt(second, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on)));
	check(bind(first, (struct sockaddr *)&address, len));
	check(getsockname(first, (struct sockaddr *)&address, &len));
	check(bind(second, (struct sockaddr *)&address, len));
	check(listen(first, 1));
	if (!listen(second, 1))
		die("two sockets listen on one port");
	expect_leak(second, "class=bound_only");
	ready();
	return 0;
}
