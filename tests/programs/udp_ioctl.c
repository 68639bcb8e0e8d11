/* SPDX-License-Identifier: BSD-2-Clause */
/* One UDP socket is kept for ioctl() alone, as daemons do: for the kernel it looks like a leak. */
#include "program.h"
#include "interface.h"

int main(void)
{
	ask_about_lo(make_socket(AF_INET, SOCK_DGRAM, 0));
	expect_none();
	ready();
	return 0;
}
