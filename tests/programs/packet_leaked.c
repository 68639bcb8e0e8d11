/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A packet socket without a protocol is leaked every 300 ms, made the old way:
 * socket(AF_INET, SOCK_PACKET), which the kernel turns into AF_PACKET.
 */
#include "program.h"

int main(void)
{
	leak_slowly(AF_INET, SOCK_PACKET, 0, 8, NULL,
		    "class=never_used family=AF_PACKET socket_type=SOCK_PACKET");
	ready();
	return 0;
}
