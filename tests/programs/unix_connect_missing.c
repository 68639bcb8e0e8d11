/* SPDX-License-Identifier: BSD-2-Clause */
/* connect() to a unix path that is not there, and to an abstract name that nobody has. */
#include "program.h"

int main(void)
{
	int path_fd = make_socket(AF_UNIX, SOCK_STREAM, 0);
	int name_fd = make_socket(AF_UNIX, SOCK_STREAM, 0);
	struct sockaddr_un path = {
		.sun_family = AF_UNIX,
		.sun_path = "/nonexistent/sockleak-test.sock",
	};
	struct sockaddr_un name;
	socklen_t len = abstract_name(&name, "nobody");

	if (!connect(path_fd, ADDRESS(path)) || errno != ENOENT)
		die("connect");
	if (!connect(name_fd, (struct sockaddr *)&name, len) || errno != ECONNREFUSED)
		die("connect");
	expect_leak(path_fd, "class=connect_failed family=AF_UNIX connect_errno=ENOENT "
			     "destination=unix:/nonexistent/sockleak-test.sock");
	expect_leak(name_fd,
		    "class=connect_failed family=AF_UNIX connect_errno=ECONNREFUSED "
		    "destination=unix:@%s",
		    name.sun_path + 1);
	ready();
	return 0;
}
