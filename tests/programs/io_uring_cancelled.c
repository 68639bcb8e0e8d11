/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A connect by io_uring is under way, and its request is cancelled. connect to AF_UNSPEC, by
 * io_uring too, ends it and connects nothing: a leak. Then the socket is refused elsewhere: a
 * second try, with a destination of its own.
 */
#include "program.h"
#include "uring.h"

#define SEEN "@fentry|kprobe.multi="
#define CONNECT_DATA 1
#define FULL 4 /* connects, of which the last ones wait */

static struct io_uring_sqe connect_entry(int fd, const void *address, socklen_t len)
{
	return (struct io_uring_sqe){
		.opcode = IORING_OP_CONNECT,
		.fd = fd,
		.addr = (unsigned long)address,
		.off = len,
		.user_data = CONNECT_DATA,
	};
}

/* Where a connect waits: the queue is full, and the SYN of the next one is lost. */
static struct sockaddr_in make_full_listener(int ret_full[FULL])
{
	struct sockaddr_in address = loopback(port_of(make_listener(0)));

	for (int i = 0; i < FULL; i++) {
		ret_full[i] = make_socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);
		if (connect(ret_full[i], ADDRESS(address)) && errno != EINPROGRESS)
			die("connect");
	}
	sleep_ms(100);
	return address;
}

/* Begin to connect, and give it up: both requests have ended then. */
static void connect_cancelled(struct uring *ring, int fd, const struct sockaddr_in *address)
{
	struct io_uring_sqe connect_it = connect_entry(fd, address, sizeof(*address)), cancel = {
		.opcode = IORING_OP_ASYNC_CANCEL,
		.fd = -1,
		.addr = CONNECT_DATA,
	};

	uring_queue(ring, &connect_it);
	uring_submit(ring, 0);
	uring_queue(ring, &cancel);
	uring_submit(ring, 2);
	if (uring_result(ring) + uring_result(ring) != -ECANCELED)
		die("IORING_OP_ASYNC_CANCEL");
}

static void expect_failed(int fd, int tries, const char *error, int port)
{
	expect_leak(fd,
		    "class=never_used class" SEEN "connect_failed connect_tries=0 "
		    "connect_tries" SEEN "%d connect_errno=null connect_errno" SEEN "%s "
		    "destination=null destination" SEEN "127.0.0.1:%d",
		    tries, error, port);
}

int main(void)
{
	int full[FULL];
	struct uring ring = uring_open(0);
	struct sockaddr_in address = make_full_listener(full), refused = loopback(REFUSED_PORT);
	struct sockaddr nowhere = { .sa_family = AF_UNSPEC };
	int fd = make_socket(AF_INET, SOCK_STREAM, 0), again = make_socket(AF_INET, SOCK_STREAM, 0);
	struct io_uring_sqe end_it = connect_entry(fd, &nowhere, sizeof(nowhere));
	struct io_uring_sqe connect_it = connect_entry(again, &refused, sizeof(refused));

	connect_cancelled(&ring, fd, &address);
	if (uring_do(&ring, &end_it))
		die("connect to AF_UNSPEC");
	expect_failed(fd, 1, "ECONNRESET", ntohs(address.sin_port));
	connect_cancelled(&ring, again, &address);
	check(connect(again, &nowhere, sizeof(nowhere)));
	if (uring_do(&ring, &connect_it) != -ECONNREFUSED)
		die("IORING_OP_CONNECT");
	expect_failed(again, 2, "ECONNREFUSED", REFUSED_PORT);
	for (int i = 0; i < FULL; i++)
		close(full[i]); /* or they are leaks when they have waited in vain for long */
	ready();
	return 0;
}
