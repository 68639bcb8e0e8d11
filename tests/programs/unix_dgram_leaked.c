/* SPDX-License-Identifier: BSD-2-Clause */
/* An unbound unix datagram socket is leaked every 300 ms. */
#include "program.h"

int main(void)
{
	leak_slowly(AF_UNIX, SOCK_DGRAM, 0, 8, NULL,
		    "class=never_used family=AF_UNIX socket_type=SOCK_DGRAM");
	ready();
	return 0;
}
