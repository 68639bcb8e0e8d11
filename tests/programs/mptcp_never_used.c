/* SPDX-License-Identifier: BSD-2-Clause */
/* An MPTCP socket is created and held. */
#include "program.h"

#ifndef IPPROTO_MPTCP
#define IPPROTO_MPTCP 262
#endif

int main(void)
{
	int fd = socket(AF_INET, SOCK_STREAM, IPPROTO_MPTCP);

	if (fd < 0)
		skip("no MPTCP in this kernel");
	expect_leak(fd, "class=never_used family=AF_INET protocol=IPPROTO_MPTCP");
	ready();
	return 0;
}
