/* SPDX-License-Identifier: BSD-2-Clause */
/* io_uring binds two sockets: one in vain, which hooks on the function behind see. */
#include "program.h"
#include "uring.h"

#define OP_BIND 56 /* IORING_OP_BIND, Linux 6.11; older headers lack it */
#define SEEN "@fentry|kprobe.multi="

int main(void)
{
	struct uring ring = uring_open(0);
	struct sockaddr_in taken = loopback(port_of(make_listener(8))), any = loopback(0);
	int failed = make_socket(AF_INET, SOCK_STREAM, 0);
	int bound = make_socket(AF_INET, SOCK_STREAM, 0);
	struct io_uring_sqe bind_it = {
		.opcode = OP_BIND,
		.fd = failed,
		.addr = (unsigned long)&taken,
		.off = sizeof(taken),
	};
	int result = uring_do(&ring, &bind_it);

	if (result == -EINVAL)
		skip("no IORING_OP_BIND in this kernel");
	if (result != -EADDRINUSE)
		die("IORING_OP_BIND");
	bind_it.fd = bound;
	bind_it.addr = (unsigned long)&any;
	if (uring_do(&ring, &bind_it))
		die("IORING_OP_BIND");
	expect_leak(failed, "class=never_used class" SEEN "bind_failed bind_tries=0 bind_tries" SEEN
			    "1 bind_errno=null bind_errno" SEEN "EADDRINUSE");
	expect_leak(bound, "class=bound_only bind_tries=0 bind_tries" SEEN "1");
	ready();
	return 0;
}
