/* SPDX-License-Identifier: BSD-2-Clause */
/* A netlink socket for audit messages is leaked every 300 ms. */
#include "program.h"
#include <linux/netlink.h>

int main(void)
{
	int fd = socket(AF_NETLINK, SOCK_RAW, NETLINK_AUDIT);

	if (fd < 0 && errno == EPROTONOSUPPORT)
		skip("no audit in this kernel");
	check(fd);
	close(fd);
	leak_slowly(AF_NETLINK, SOCK_RAW, NETLINK_AUDIT, 8, NULL,
		    "class=never_used family=AF_NETLINK socket_type=SOCK_RAW");
	ready();
	return 0;
}
