/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * bind() of netlink sockets fails, since another one has the port, and they are kept: a leak,
 * though the port that was asked for stays in them. One that sends afterwards is given a port
 * of its own by that, and is in use, as is the one that has the port.
 */
#include "program.h"
#include <linux/netlink.h>
#include <linux/rtnetlink.h>

static struct sockaddr_nl taken = { .nl_family = AF_NETLINK };

_opaque_ static int open_getter(void)
{
	int fd = make_socket(AF_NETLINK, SOCK_RAW, NETLINK_ROUTE);

	if (!bind(fd, ADDRESS(taken)) || errno != EADDRINUSE)
		die("bind");
	return fd;
}

int main(void)
{
	struct sockaddr_nl kernel = { .nl_family = AF_NETLINK };
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
	int owner = make_socket(AF_NETLINK, SOCK_RAW, NETLINK_ROUTE);
	int sender;

	taken.nl_pid = getpid();
	check(bind(owner, ADDRESS(taken)));
	for (int i = 0; i < 2; i++)
		expect_leak(open_getter(), "class=bind_failed bind_errno=EADDRINUSE bound=false "
					   "family=AF_NETLINK may_be_in_use=false "
					   "function=open_getter");
	sender = open_getter();
	check(sendto(sender, &request, sizeof(request), 0, ADDRESS(kernel)));
	ready();
	return 0;
}
