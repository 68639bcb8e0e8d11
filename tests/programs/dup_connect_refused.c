/* SPDX-License-Identifier: BSD-2-Clause */
/* The connect that fails goes through a fresh dup whose original is closed: it counts. */
#include "program.h"

int main(void)
{
	struct sockaddr_in address = { .sin_family = AF_INET, .sin_port = htons(1) };
	int fd = make_socket(AF_INET, SOCK_STREAM, 0);
	int copy = check(fcntl(fd, F_DUPFD, 100));

	close(fd);
	address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	if (!connect(copy, (struct sockaddr *)&address, sizeof(address)))
		die("somebody listens on port 1");
	expect_leak(copy, "class=connect_failed connect_tries=1 connect_errno=ECONNREFUSED");
	ready();
	return 0;
}
