/* SPDX-License-Identifier: BSD-2-Clause */
/* A UDP socket for ioctl() is leaked every 300 ms: the growth tells that it is a leak. */
#include "program.h"
#include "interface.h"

int main(void)
{
	leak_slowly(AF_INET, SOCK_DGRAM, 0, 8, ask_about_lo,
		    "class=never_used family=AF_INET socket_type=SOCK_DGRAM");
	ready();
	return 0;
}
