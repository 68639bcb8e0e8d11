/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * io_uring connects, and is refused: at once, in a worker, and when the memory that held the
 * address has been overwritten since. Each is one try. Hooks on the functions behind see it.
 */
#include "program.h"
#include "uring.h"

#define SEEN "@fentry|kprobe.multi="

static struct io_uring_sqe connect_entry(int fd, const struct sockaddr_in *address)
{
	return (struct io_uring_sqe){
		.opcode = IORING_OP_CONNECT,
		.fd = fd,
		.addr = (unsigned long)address,
		.off = sizeof(*address),
	};
}

static void expect_refused(int fd, const char *class)
{
	expect_leak(fd,
		    "class=%s class" SEEN "connect_failed "
		    "connect_tries=0 connect_tries" SEEN "1 connect_errno=null connect_errno" SEEN
		    "ECONNREFUSED destination=null destination" SEEN "127.0.0.1:%d",
		    class, REFUSED_PORT);
}

/* It follows a poll, and by then the memory that held the address has another use. */
static void connect_later(struct uring *ring, int fd)
{
	struct sockaddr_in address = loopback(REFUSED_PORT);
	struct io_uring_sqe connect_it = connect_entry(fd, &address), poll_it = {
		.opcode = IORING_OP_POLL_ADD,
		.flags = IOSQE_IO_LINK,
		.poll32_events = POLLIN,
	};
	int ends[2];

	check(pipe(ends));
	poll_it.fd = ends[0];
	uring_queue(ring, &poll_it);
	uring_queue(ring, &connect_it);
	uring_submit(ring, 0);
	address = loopback(4242);
	check(write(ends[1], "", 1));
	uring_submit(ring, 2);
	if (uring_result(ring) != POLLIN || uring_result(ring) != -ECONNREFUSED)
		die("IORING_OP_CONNECT");
}

int main(void)
{
	struct uring ring = uring_open(0);
	struct sockaddr_in address = loopback(REFUSED_PORT);
	int held = make_socket(AF_INET, SOCK_STREAM, 0);
	int by_worker = make_socket(AF_INET, SOCK_STREAM, 0);
	int later = make_socket(AF_INET, SOCK_STREAM, 0);
	int of_ring = uring_socket(&ring, AF_INET, SOCK_STREAM, 0);
	struct io_uring_sqe connect_it = connect_entry(held, &address);

	if (uring_do(&ring, &connect_it) != -ECONNREFUSED)
		die("IORING_OP_CONNECT");
	connect_it.fd = of_ring;
	if (uring_do(&ring, &connect_it) != -ECONNREFUSED)
		die("IORING_OP_CONNECT");
	connect_it = connect_entry(by_worker, &address);
	connect_it.flags = IOSQE_ASYNC;
	if (uring_do(&ring, &connect_it) != -ECONNREFUSED)
		die("IORING_OP_CONNECT");
	connect_later(&ring, later);
	expect_refused(held, "never_used");
	expect_refused(by_worker, "never_used");
	expect_refused(later, "never_used");
	expect_refused(of_ring, "unknown_origin");
	ready();
	return 0;
}
