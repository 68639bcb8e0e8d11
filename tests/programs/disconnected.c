/* SPDX-License-Identifier: BSD-2-Clause */
/* A connected UDP socket is disconnected by connect() to AF_UNSPEC, as resolvers do, and kept. */
#include "program.h"

int main(void)
{
	struct sockaddr nowhere = { .sa_family = AF_UNSPEC };
	int listener = make_listener(8);
	int fd = make_socket(AF_INET, SOCK_DGRAM, 0);

	connect_to(fd, listener);
	check(connect(fd, &nowhere, sizeof(nowhere)));
	expect_none();
	ready();
	return 0;
}
