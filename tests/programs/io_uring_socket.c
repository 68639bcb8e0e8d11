/* SPDX-License-Identifier: BSD-2-Clause */
/* io_uring makes two sockets without socket(): one is held, the other connected. */
#include "program.h"
#include "uring.h"

#define OP_SOCKET 45 /* IORING_OP_SOCKET, Linux 5.19; older headers lack it */

int main(void)
{
	struct uring ring = uring_open();
	struct io_uring_sqe sqe = {
		.opcode = OP_SOCKET,
		.fd = AF_INET,
		.off = SOCK_STREAM,
	};
	int listener = make_listener(8);
	int held = uring_do(&ring, &sqe);
	int connected = uring_do(&ring, &sqe);
	unsigned long inode;

	if (held == -EINVAL)
		skip("no IORING_OP_SOCKET in this kernel");
	errno = -held;
	check(held);
	connect_to(check(connected), listener);
	inode = inode_of(held);
	expect_leak(held,
		    "class=unknown_origin family=AF_INET socket_type=SOCK_STREAM created=null "
		    "tid=null stack_source=null site=null");
	ready();
	close(held);
	expect_resolved(inode, "closed");
	ready();
	return 0;
}
