/* SPDX-License-Identifier: BSD-2-Clause */
/* A unix stream and a unix seqpacket socket are created and held. */
#include "program.h"

int main(void)
{
	expect_leak(make_socket(AF_UNIX, SOCK_STREAM, 0),
		    "class=never_used family=AF_UNIX socket_type=SOCK_STREAM");
	expect_leak(make_socket(AF_UNIX, SOCK_SEQPACKET, 0),
		    "class=never_used family=AF_UNIX socket_type=SOCK_SEQPACKET");
	ready();
	return 0;
}
