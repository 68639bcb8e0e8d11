/* SPDX-License-Identifier: BSD-2-Clause */
/* Connected sockets, TCP and UDP, are disconnected by connect() to AF_UNSPEC: they were used. */
#include "program.h"

int main(void)
{
	struct sockaddr nowhere = { .sa_family = AF_UNSPEC };
	int listener = make_listener(8);
	int tcp = make_socket(AF_INET, SOCK_STREAM, 0);
	int udp = make_socket(AF_INET, SOCK_DGRAM, 0);

	connect_to(tcp, listener);
	connect_to(udp, listener);
	check(connect(tcp, &nowhere, sizeof(nowhere)));
	check(connect(udp, &nowhere, sizeof(nowhere)));
	expect_none();
	ready();
	return 0;
}
