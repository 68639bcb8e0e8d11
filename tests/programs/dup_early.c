/* SPDX-License-Identifier: BSD-2-Clause */
/* A socket is duplicated and the original closed, before the threshold. */
#include "program.h"

int main(void)
{
	int fd = make_socket(AF_INET, SOCK_STREAM, 0);
	struct sockaddr_in peer;
	socklen_t len = sizeof(peer);
	int copy;

	if (!getpeername(fd, (struct sockaddr *)&peer, &len))
		die("getpeername");
	copy = check(dup(fd));
	close(fd);
	expect_leak(copy, "class=probed enotconn=1 function=make_socket");
	ready();
	return 0;
}
