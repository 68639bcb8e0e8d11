/* SPDX-License-Identifier: BSD-2-Clause */
/* MPTCP sockets listen, connect and are accepted. */
#include "program.h"

#ifndef IPPROTO_MPTCP
#define IPPROTO_MPTCP 262
#endif

int main(void)
{
	struct sockaddr_in address = loopback(0);
	int listener = socket(AF_INET, SOCK_STREAM, IPPROTO_MPTCP);

	if (listener < 0)
		skip("no MPTCP in this kernel");
	check(bind(listener, ADDRESS(address)));
	check(listen(listener, 8));
	connect_to(make_socket(AF_INET, SOCK_STREAM, IPPROTO_MPTCP), listener);
	check(accept(listener, NULL, NULL));
	expect_none();
	ready();
	return 0;
}
