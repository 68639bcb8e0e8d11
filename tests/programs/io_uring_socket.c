/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * io_uring makes sockets without socket(), in all the ways it has: within io_uring_enter(), in a
 * worker thread, in the thread that polls a ring, and on the way out of another call. Hooks on the
 * functions behind see all of them made. Only the first one has a stack: the others are made by no
 * code of the program's. One is connected, and one has no descriptor: no leaks.
 */
#include "program.h"
#include "uring.h"

#define SEEN "@fentry|kprobe.multi="

static void expect_seen(int fd, const char *thread, const char *stack)
{
	expect_leak(fd,
		    "family=AF_INET socket_type=SOCK_STREAM "
		    "class=unknown_origin class" SEEN "never_used created=null created" SEEN "* "
		    "created_by=null created_by" SEEN "io_uring "
		    "tid=null tid" SEEN "* stack_source=null site=null "
		    "thread=null thread" SEEN "%s %s",
		    thread, stack);
}

static struct io_uring_sqe socket_entry(void)
{
	return (struct io_uring_sqe){ .opcode = OP_SOCKET, .fd = AF_INET, .off = SOCK_STREAM };
}

/* It is to follow a poll, whose end is noticed as write() returns. */
static int socket_put_off(struct uring *ring)
{
	int ends[2];
	struct io_uring_sqe sqe = socket_entry(), poll_it = {
		.opcode = IORING_OP_POLL_ADD,
		.flags = IOSQE_IO_LINK,
		.poll32_events = POLLIN,
	};

	check(pipe(ends));
	poll_it.fd = ends[0];
	uring_queue(ring, &poll_it);
	uring_queue(ring, &sqe);
	uring_submit(ring, 0);
	check(write(ends[1], "", 1));
	uring_submit(ring, 2);
	if (uring_result(ring) != POLLIN)
		die("IORING_OP_POLL_ADD");
	return check(uring_result(ring));
}

static void socket_without_descriptor(struct uring *ring)
{
	struct io_uring_sqe sqe = socket_entry();
	int none = -1;

	sqe.file_index = 1; /* the first place, which is 1 here */
	check(syscall(SYS_io_uring_register, ring->fd, IORING_REGISTER_FILES, &none, 1));
	check(uring_do(ring, &sqe));
}

int main(void)
{
	struct uring ring = uring_open(0), polled = uring_open(IORING_SETUP_SQPOLL);
	int held = uring_socket(&ring, AF_INET, SOCK_STREAM, 0);
	int by_worker = uring_socket(&ring, AF_INET, SOCK_STREAM, IOSQE_ASYNC);
	int by_poller = uring_socket(&polled, AF_INET, SOCK_STREAM, 0);
	int put_off = socket_put_off(&ring);
	unsigned long inode = inode_of(held);
	char worker[16], poller[16];

	connect_to(uring_socket(&ring, AF_INET, SOCK_STREAM, 0), make_listener(8));
	socket_without_descriptor(&ring);
	snprintf(worker, sizeof(worker), "iou-wrk-%d", getpid());
	snprintf(poller, sizeof(poller), "iou-sqp-%d", getpid());
	expect_seen(held, "io_uring_socket",
		    "stack_source" SEEN "snapshot site" SEEN "* function" SEEN "main");
	expect_seen(by_worker, worker, "");
	expect_seen(by_poller, poller, "");
	expect_seen(put_off, "io_uring_socket", "");
	ready();
	close(held);
	expect_resolved(inode, "closed");
	ready();
	return 0;
}
