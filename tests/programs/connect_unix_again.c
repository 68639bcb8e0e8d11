/* SPDX-License-Identifier: BSD-2-Clause */
/* A nonblocking connect() to a unix listener with a full backlog fails with EAGAIN; it is kept. */
#include "program.h"

int main(void)
{
	int listener = check(socket(AF_UNIX, SOCK_STREAM, 0));
	int fd = make_socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0);
	struct sockaddr_un address;
	socklen_t len = abstract_name(&address, "again");

	check(bind(listener, (struct sockaddr *)&address, len));
	check(listen(listener, 0));
	check(connect(make_socket(AF_UNIX, SOCK_STREAM, 0), (struct sockaddr *)&address, len));
	if (!connect(fd, (struct sockaddr *)&address, len) || errno != EAGAIN)
		die("connect");
	expect_leak(fd, "class=connect_failed connect_tries=1 connect_errno=EAGAIN");
	ready();
	return 0;
}
