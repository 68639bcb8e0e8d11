/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A worker of io_uring waits in connect for a place in a unix listener's queue: no leak, though
 * neither the socket nor a thread of the program's shows it. Then the listener goes away.
 */
#include "program.h"
#include "uring.h"

int main(void)
{
	struct uring ring = uring_open(0);
	struct sockaddr_un address;
	socklen_t len = abstract_name(&address, "queue");
	int listener = check(socket(AF_UNIX, SOCK_STREAM, 0));
	int first = check(socket(AF_UNIX, SOCK_STREAM, 0));
	int waiting = make_socket(AF_UNIX, SOCK_STREAM, 0);
	struct io_uring_sqe connect_it = {
		.opcode = IORING_OP_CONNECT,
		.fd = waiting,
		.addr = (unsigned long)&address,
		.off = len,
	};

	check(bind(listener, (struct sockaddr *)&address, len));
	check(listen(listener, 0));
	check(connect(first, (struct sockaddr *)&address, len));
	uring_queue(&ring, &connect_it);
	uring_submit(&ring, 0);
	expect_none();
	ready();
	close(listener);
	uring_submit(&ring, 1);
	if (uring_result(&ring) != -ECONNREFUSED)
		die("IORING_OP_CONNECT");
	expect_leak(waiting, "class=never_used class@fentry|kprobe.multi=connect_failed "
			     "connect_tries=0 connect_tries@fentry|kprobe.multi=1 "
			     "connect_errno=null connect_errno@fentry|kprobe.multi=ECONNREFUSED");
	ready();
	return 0;
}
