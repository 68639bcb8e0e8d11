/* SPDX-License-Identifier: BSD-2-Clause */
/* Ten ioctl() sockets are made at one moment and kept, a pool: many, but not growing. */
#include "program.h"
#include "interface.h"

int main(void)
{
	for (int i = 0; i < 10; i++)
		ask_about_lo(make_socket(AF_INET, SOCK_DGRAM, 0));
	expect_none();
	ready();
	return 0;
}
