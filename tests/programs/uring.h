/* SPDX-License-Identifier: BSD-2-Clause */
/* uring: an io_uring of a few entries, by raw system calls. */
#ifndef URING_H
#define URING_H

#include <linux/io_uring.h>
#include <sys/mman.h>

#define URING_ENTRIES 4
#define OP_SOCKET 45 /* IORING_OP_SOCKET, Linux 5.19; older headers lack it */

struct uring {
	int fd;
	struct io_uring_params params;
	char *submissions, *completions;
	struct io_uring_sqe *sqes;
	unsigned int queued; /* and not submitted yet */
};

static unsigned int *ring_field(char *ring, unsigned int offset)
{
	return (unsigned int *)(ring + offset);
}

static char *uring_map(int fd, size_t len, off_t what)
{
	char *map = mmap(NULL, len, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_POPULATE, fd, what);

	if (map == MAP_FAILED)
		die("mmap of the ring");
	return map;
}

/* `flags` of io_uring_setup(2). */
static struct uring uring_open(unsigned int flags)
{
	struct uring ring = { .params = { .flags = flags } };
	struct io_uring_params *params = &ring.params;

	ring.fd = syscall(SYS_io_uring_setup, URING_ENTRIES, params);
	if (ring.fd < 0 && (errno == ENOSYS || errno == EPERM))
		skip("io_uring is not available here");
	check(ring.fd);
	ring.submissions =
		uring_map(ring.fd, params->sq_off.array + URING_ENTRIES * sizeof(unsigned int),
			  IORING_OFF_SQ_RING);
	ring.completions = uring_map(
		ring.fd, params->cq_off.cqes + params->cq_entries * sizeof(struct io_uring_cqe),
		IORING_OFF_CQ_RING);
	ring.sqes = (struct io_uring_sqe *)uring_map(
		ring.fd, URING_ENTRIES * sizeof(struct io_uring_sqe), IORING_OFF_SQES);
	return ring;
}

static void uring_queue(struct uring *ring, const struct io_uring_sqe *sqe)
{
	unsigned int *tail = ring_field(ring->submissions, ring->params.sq_off.tail);
	unsigned int place = *tail & *ring_field(ring->submissions, ring->params.sq_off.ring_mask);

	ring->sqes[place] = *sqe;
	ring_field(ring->submissions, ring->params.sq_off.array)[place] = place;
	__atomic_store_n(tail, *tail + 1, __ATOMIC_RELEASE);
	ring->queued++;
}

/* Submit what is queued, and wait until so many operations have ended. */
static void uring_submit(struct uring *ring, unsigned int wait)
{
	unsigned int flags = IORING_ENTER_GETEVENTS;

	if (ring->params.flags & IORING_SETUP_SQPOLL)
		flags |= IORING_ENTER_SQ_WAKEUP;
	check(syscall(SYS_io_uring_enter, ring->fd, ring->queued, wait, flags, NULL, 0));
	ring->queued = 0;
}

/* The result of the next operation that has ended, which is -errno when it failed. */
static int uring_result(struct uring *ring)
{
	unsigned int *head = ring_field(ring->completions, ring->params.cq_off.head);
	unsigned int mask = *ring_field(ring->completions, ring->params.cq_off.ring_mask);
	struct io_uring_cqe *cqes = (void *)(ring->completions + ring->params.cq_off.cqes);
	int result = cqes[*head & mask].res;

	__atomic_store_n(head, *head + 1, __ATOMIC_RELEASE);
	return result;
}

/* Do one operation and wait for its result. */
static _unused_ int uring_do(struct uring *ring, const struct io_uring_sqe *sqe)
{
	uring_queue(ring, sqe);
	uring_submit(ring, 1);
	return uring_result(ring);
}

/* A socket of an address family, made with these flags of the entry. Skips where that is new. */
static _unused_ int uring_socket(struct uring *ring, int family, int type, unsigned int flags)
{
	struct io_uring_sqe sqe = {
		.opcode = OP_SOCKET, .flags = flags, .fd = family, .off = type
	};
	int result = uring_do(ring, &sqe);

	if (result == -EINVAL)
		skip("no IORING_OP_SOCKET in this kernel");
	errno = -result;
	return check(result);
}

#endif /* URING_H */
