/* SPDX-License-Identifier: BSD-2-Clause */
/* A netlink socket for audit messages is opened, as dbus-daemon does, and has none to send. */
#include "program.h"
#include <linux/netlink.h>

int main(void)
{
	int fd = socket(AF_NETLINK, SOCK_RAW, NETLINK_AUDIT);

	if (fd < 0 && errno == EPROTONOSUPPORT)
		skip("no audit in this kernel");
	check(fd);
	expect_none();
	ready();
	return 0;
}
