/* SPDX-License-Identifier: BSD-2-Clause */
/* A raw ICMP socket sends a ping over the loopback; another raw socket, of IPv6, stays idle. */
#include "program.h"
#include <netinet/ip_icmp.h>

int main(void)
{
	struct sockaddr_in address = loopback(0);
	struct icmphdr ping = { .type = ICMP_ECHO, .checksum = htons(0xf7ff) };

	check(sendto(make_socket(AF_INET, SOCK_RAW, IPPROTO_ICMP), &ping, sizeof(ping), 0,
		     ADDRESS(address)));
	socket(AF_INET6, SOCK_RAW, IPPROTO_ICMPV6); /* may not be there: no IPv6 */
	expect_none();
	ready();
	return 0;
}
