/* SPDX-License-Identifier: BSD-2-Clause */
/* A socket of socket() is connected by io_uring, without connect(); another is closed by it. */
#include "program.h"
#include "uring.h"

int main(void)
{
	struct uring ring = uring_open(0);
	int listener = make_listener(8);
	struct sockaddr_in address = loopback(port_of(listener));
	int connected = make_socket(AF_INET, SOCK_STREAM, 0);
	int closed = make_socket(AF_INET, SOCK_STREAM, 0);
	unsigned long inode = inode_of(closed);
	struct io_uring_sqe connect_it = {
		.opcode = IORING_OP_CONNECT,
		.fd = connected,
		.addr = (unsigned long)&address,
		.off = sizeof(address),
	};
	struct io_uring_sqe close_it = { .opcode = IORING_OP_CLOSE, .fd = closed };

	if (uring_do(&ring, &connect_it))
		die("IORING_OP_CONNECT");
	expect_leak(closed, "class=never_used");
	ready();
	if (uring_do(&ring, &close_it))
		die("IORING_OP_CLOSE");
	expect_resolved(inode, "closed");
	ready();
	return 0;
}
