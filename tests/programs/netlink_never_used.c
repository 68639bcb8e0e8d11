/* SPDX-License-Identifier: BSD-2-Clause */
/* A netlink socket is created, nothing is sent over it, and it is held. */
#include "program.h"
#include <linux/netlink.h>

int main(void)
{
	expect_leak(make_socket(AF_NETLINK, SOCK_RAW, NETLINK_ROUTE),
		    "class=never_used family=AF_NETLINK socket_type=SOCK_RAW");
	ready();
	return 0;
}
