/* SPDX-License-Identifier: BSD-2-Clause */
/* An IPv6 TCP and an IPv6 UDP socket are held: the first is a leak, the second cannot be reported.
 */
#include "program.h"

int main(void)
{
	if (access("/proc/net/if_inet6", F_OK))
		skip("no IPv6");
	int fd = make_socket(AF_INET6, SOCK_STREAM, 0);

	make_socket(AF_INET6, SOCK_DGRAM, 0);
	expect_leak(fd, "class=never_used family=AF_INET6 socket_type=SOCK_STREAM");
	ready();
	return 0;
}
