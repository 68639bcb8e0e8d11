/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Packet sockets that are kept: one receives all protocols, one none and only holds a membership.
 */
#include "program.h"
#include <linux/if_ether.h>
#include <linux/if_packet.h>
#include <net/if.h>

int main(void)
{
	struct packet_mreq member = { .mr_type = PACKET_MR_ALLMULTI };
	int fd = make_socket(AF_PACKET, SOCK_RAW, htons(ETH_P_ALL));

	fd = make_socket(AF_PACKET, SOCK_DGRAM, 0);
	member.mr_ifindex = if_nametoindex("lo");
	check(setsockopt(fd, SOL_PACKET, PACKET_ADD_MEMBERSHIP, &member, sizeof(member)));
	expect_none();
	ready();
	return 0;
}
