/* SPDX-License-Identifier: BSD-2-Clause */
/* connect() to the IPv6 loopback is refused and the socket kept. */
#include "program.h"

int main(void)
{
	struct sockaddr_in6 address = {
		.sin6_family = AF_INET6,
		.sin6_port = htons(REFUSED_PORT),
		.sin6_addr = IN6ADDR_LOOPBACK_INIT,
	};

	if (access("/proc/net/if_inet6", F_OK))
		skip("no IPv6");
	int fd = make_socket(AF_INET6, SOCK_STREAM, 0);

	if (!connect(fd, ADDRESS(address)))
		die("connect");
	if (errno == EADDRNOTAVAIL || errno == ENETUNREACH)
		skip("no IPv6 loopback address");
	expect_leak(fd,
		    "class=connect_failed family=AF_INET6 connect_errno=ECONNREFUSED "
		    "destination=[::1]:%d",
		    REFUSED_PORT);
	ready();
	return 0;
}
