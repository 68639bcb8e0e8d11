/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A call of socket() that comes clean two hundred times, and then keeps four sockets; four
 * more in a second phase.
 */
#include "program.h"

int main(void)
{
	int kept[4];

	/* one loop: the stack pointer at the call is part of what makes it the same call */
	for (int i = 0, n = 0; i < 208; i++) {
		int fd = make_socket(AF_INET, SOCK_STREAM, 0);

		if (i < 200) {
			close(fd);
			continue;
		}
		kept[n++] = fd;
		if (n < 4)
			continue;
		for (n = 0; n < 4; n++)
			expect_leak(kept[n], "class=never_used");
		ready();
		n = 0;
	}
	return 0;
}
