/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A connection dies (the peer closes and resets) and its socket is kept: lsof
 * shows it as it shows a leak, but it was connected.
 */
#include "program.h"

int main(void)
{
	int listener = make_listener(8);
	int fd = make_socket(AF_INET, SOCK_STREAM, 0);
	struct linger reset = { .l_onoff = 1 };
	int peer;
	char byte;

	connect_to(fd, listener);
	peer = check(accept(listener, NULL, NULL));
	check(setsockopt(peer, SOL_SOCKET, SO_LINGER, &reset, sizeof(reset)));
	close(peer);
	if (read(fd, &byte, 1) != -1 || errno != ECONNRESET)
		die("read");
	expect_none();
	ready();
	return 0;
}
