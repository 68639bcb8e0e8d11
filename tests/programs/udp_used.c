/* SPDX-License-Identifier: BSD-2-Clause */
/* UDP in use: bound; auto-bound by sendto() without connect(); connected. */
#include "program.h"

int main(void)
{
	struct sockaddr_in address = loopback(0);
	int bound = make_socket(AF_INET, SOCK_DGRAM, 0);
	int sender = make_socket(AF_INET, SOCK_DGRAM, 0);
	int connected = make_socket(AF_INET, SOCK_DGRAM, 0);

	check(bind(bound, ADDRESS(address)));
	address = loopback(port_of(bound));
	check(sendto(sender, "x", 1, 0, ADDRESS(address)));
	check(connect(connected, ADDRESS(address)));
	expect_none();
	ready();
	return 0;
}
