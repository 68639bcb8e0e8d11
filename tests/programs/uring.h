/* SPDX-License-Identifier: BSD-2-Clause */
/* uring: one io_uring operation at a time, by raw system calls. */
#ifndef URING_H
#define URING_H

#include <linux/io_uring.h>
#include <sys/mman.h>

struct uring {
	int fd;
	struct io_uring_params params;
	char *submissions, *completions;
	struct io_uring_sqe *sqes;
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

static struct uring uring_open(void)
{
	struct uring ring = { 0 };

	ring.fd = syscall(SYS_io_uring_setup, 1, &ring.params);
	if (ring.fd < 0 && (errno == ENOSYS || errno == EPERM))
		skip("io_uring is not available here");
	check(ring.fd);
	ring.submissions = uring_map(ring.fd, ring.params.sq_off.array + sizeof(unsigned int),
				     IORING_OFF_SQ_RING);
	ring.completions = uring_map(ring.fd,
				     ring.params.cq_off.cqes +
					     ring.params.cq_entries * sizeof(struct io_uring_cqe),
				     IORING_OFF_CQ_RING);
	ring.sqes = (struct io_uring_sqe *)uring_map(ring.fd, sizeof(struct io_uring_sqe),
						     IORING_OFF_SQES);
	return ring;
}

/* Begin one operation, and wait until so many have ended. */
static void uring_begin(struct uring *ring, const struct io_uring_sqe *sqe, unsigned int wait)
{
	unsigned int *tail = ring_field(ring->submissions, ring->params.sq_off.tail);

	ring->sqes[0] = *sqe;
	ring_field(ring->submissions, ring->params.sq_off.array)[0] = 0;
	__atomic_store_n(tail, *tail + 1, __ATOMIC_RELEASE);
	check(syscall(SYS_io_uring_enter, ring->fd, 1, wait, IORING_ENTER_GETEVENTS, NULL, 0));
}

/* Do one operation and wait for its result, which is -errno when it failed. */
static _unused_ int uring_do(struct uring *ring, const struct io_uring_sqe *sqe)
{
	unsigned int *head = ring_field(ring->completions, ring->params.cq_off.head);
	unsigned int mask = *ring_field(ring->completions, ring->params.cq_off.ring_mask);
	struct io_uring_cqe *cqes = (void *)(ring->completions + ring->params.cq_off.cqes);
	int result;

	uring_begin(ring, sqe, 1);
	result = cqes[*head & mask].res;
	__atomic_store_n(head, *head + 1, __ATOMIC_RELEASE);
	return result;
}

#endif /* URING_H */
