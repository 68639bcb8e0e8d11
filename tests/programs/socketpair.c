/* SPDX-License-Identifier: BSD-2-Clause */
/* Socket pairs of every type, one of them with its other end closed. */
#include "program.h"

int main(void)
{
	static const int types[] = { SOCK_STREAM, SOCK_DGRAM, SOCK_SEQPACKET };
	int pair[2];

	for (int i = 0; i < 3; i++)
		check(socketpair(AF_UNIX, types[i], 0, pair));
	close(pair[1]);
	expect_none();
	ready();
	return 0;
}
