/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A connected TCP socket is disconnected by connect() to AF_UNSPEC and kept. The
 * kernel then shows it as it was when it was new; but it was used.
 */
#include "program.h"

int main(void)
{
	struct sockaddr nowhere = { .sa_family = AF_UNSPEC };
	int listener = make_listener(8);
	int fd = make_socket(AF_INET, SOCK_STREAM, 0);

	connect_to(fd, listener);
	check(connect(fd, &nowhere, sizeof(nowhere)));
	expect_none();
	ready();
	return 0;
}
