/* SPDX-License-Identifier: BSD-2-Clause */
/* Netlink in use: auto-bound by a request that is sent, and bound to a group. */
#include "program.h"
#include <linux/netlink.h>
#include <linux/rtnetlink.h>

int main(void)
{
	struct sockaddr_nl kernel = { .nl_family = AF_NETLINK };
	struct sockaddr_nl group = { .nl_family = AF_NETLINK, .nl_groups = RTMGRP_LINK };
	struct {
		struct nlmsghdr header;
		struct rtgenmsg body;
	} request = {
		.header = {
			.nlmsg_len = sizeof(request),
			.nlmsg_type = RTM_GETLINK,
			.nlmsg_flags = NLM_F_REQUEST | NLM_F_DUMP,
		},
	};
	int asker = make_socket(AF_NETLINK, SOCK_RAW, NETLINK_ROUTE);
	int listener = make_socket(AF_NETLINK, SOCK_RAW, NETLINK_ROUTE);
	char answer[8192];

	check(sendto(asker, &request, sizeof(request), 0, ADDRESS(kernel)));
	check(recv(asker, answer, sizeof(answer), 0));
	check(bind(listener, ADDRESS(group)));
	expect_none();
	ready();
	return 0;
}
