/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A connect of io_uring, which hooks on system calls do not see, is under way, and is given up. The
 * port that it had meanwhile was the kernel's, and makes the socket no bound one.
 */
#include "program.h"
#include "uring.h"

int main(void)
{
	struct uring ring = uring_open(0);
	struct sockaddr_in address = loopback(port_of(make_listener(0)));
	int fd = make_socket(AF_INET, SOCK_STREAM, 0);
	struct sockaddr nowhere = { .sa_family = AF_UNSPEC };
	struct io_uring_sqe connect_it = {
		.opcode = IORING_OP_CONNECT,
		.fd = fd,
		.addr = (unsigned long)&address,
		.off = sizeof(address),
	};

	for (int i = 0; i < 4; i++) { /* the backlog is full, and the SYN of the next one lost */
		int full = make_socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);

		if (connect(full, ADDRESS(address)) && errno != EINPROGRESS)
			die("connect");
	}
	sleep_ms(100);
	uring_queue(&ring, &connect_it);
	uring_submit(&ring, 0);
	expect_none();
	ready();
	close(ring.fd); /* which cancels it */
	sleep_ms(100);
	check(connect(fd, &nowhere, sizeof(nowhere)));
	expect_leak(fd,
		    "class=never_used class@fentry|kprobe.multi=connect_failed "
		    "destination=null destination@fentry|kprobe.multi=127.0.0.1:%d",
		    ntohs(address.sin_port));
	ready();
	return 0;
}
