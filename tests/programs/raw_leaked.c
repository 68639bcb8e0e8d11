/* SPDX-License-Identifier: BSD-2-Clause */
/* A raw socket is leaked every 300 ms. */
#include "program.h"

int main(void)
{
	leak_slowly(AF_INET, SOCK_RAW, IPPROTO_ICMP, 8, NULL,
		    "class=never_used family=AF_INET socket_type=SOCK_RAW");
	ready();
	return 0;
}
