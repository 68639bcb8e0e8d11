/* SPDX-License-Identifier: BSD-2-Clause */
/* One leaked socket goes from never used to probed to connect failed, and then connects. */
#include "program.h"

int main(void)
{
	int listener = make_listener(8);
	int fd = make_socket(AF_INET, SOCK_STREAM, 0);
	struct sockaddr_in refused = loopback(REFUSED_PORT);
	struct sockaddr_in peer;
	socklen_t len = sizeof(peer);

	expect_leak(fd, "class=never_used");
	ready();
	if (!getpeername(fd, (struct sockaddr *)&peer, &len))
		die("getpeername");
	expect_leak(fd, "class=probed enotconn=1");
	ready();
	if (!connect(fd, ADDRESS(refused)))
		die("connect");
	expect_leak(fd, "class=connect_failed connect_tries=1 connect_errno=ECONNREFUSED "
			"enotconn=1 function=make_socket");
	ready();
	connect_to(fd, listener);
	expect_resolved(inode_of(fd), "used");
	ready();
	return 0;
}
