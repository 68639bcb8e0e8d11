/* SPDX-License-Identifier: BSD-2-Clause */
/* A vsock socket is created and held. */
#include "program.h"

int main(void)
{
	int fd = socket(AF_VSOCK, SOCK_STREAM, 0);

	if (fd < 0 && (errno == EAFNOSUPPORT || errno == ENODEV))
		skip("no AF_VSOCK in this kernel");
	check(fd);
	expect_leak(fd, "class=never_used family=AF_VSOCK socket_type=SOCK_STREAM");
	ready();
	return 0;
}
