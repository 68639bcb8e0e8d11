/* SPDX-License-Identifier: BSD-2-Clause */
#define _GNU_SOURCE
#include "hidden.h"

#include <errno.h>
#include <linux/io_uring.h>
#include <linux/time_types.h>
#include <stdbool.h>
#include <stdint.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "journal.h"

#define OP_SOCKET 45 /* IORING_OP_SOCKET, Linux 5.19; older headers lack it */
#define OP_BIND 56   /* IORING_OP_BIND, Linux 6.11 */
#define CLOSE_FD 19  /* IORING_OP_CLOSE */
#define CONNECT 16   /* IORING_OP_CONNECT */

#define ENTER_EXT_ARG (1U << 3) /* IORING_ENTER_EXT_ARG, Linux 5.11, and its argument */

struct getevents_arg {
	uint64_t mask;
	uint32_t mask_len, pad;
	uint64_t patience;
};

struct ring {
	int fd;
	struct io_uring_params params;
	char *submissions, *completions;
	struct io_uring_sqe *sqes;
	size_t submissions_len, completions_len;
};

static void *map(int fd, size_t len, off_t what)
{
	void *ring = mmap(NULL, len, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_POPULATE, fd, what);

	return ring == MAP_FAILED ? NULL : ring;
}

/* The mappings hold the ring as the descriptor does: without them it goes when that does. */
static void ring_unmap(struct ring *ring)
{
	if (ring->submissions)
		munmap(ring->submissions, ring->submissions_len);
	if (ring->completions)
		munmap(ring->completions, ring->completions_len);
	if (ring->sqes)
		munmap(ring->sqes, sizeof(struct io_uring_sqe));
}

static int ring_open(struct ring *ring)
{
	const struct io_uring_params *params = &ring->params;

	memset(ring, 0, sizeof(*ring));
	ring->fd = syscall(SYS_io_uring_setup, 1, &ring->params);
	if (ring->fd < 0)
		return -ENOSYS;
	ring->submissions_len = params->sq_off.array + sizeof(unsigned int);
	ring->completions_len =
		params->cq_off.cqes + params->cq_entries * sizeof(struct io_uring_cqe);
	ring->submissions = map(ring->fd, ring->submissions_len, IORING_OFF_SQ_RING);
	ring->completions = map(ring->fd, ring->completions_len, IORING_OFF_CQ_RING);
	ring->sqes = map(ring->fd, sizeof(struct io_uring_sqe), IORING_OFF_SQES);
	if (ring->submissions && ring->completions && ring->sqes)
		return 0;
	ring_unmap(ring);
	close(ring->fd);
	return -ENOSYS;
}

static int ring_do(struct ring *ring, const struct io_uring_sqe *sqe)
{
	const struct io_uring_params *params = &ring->params;
	unsigned int *tail = (void *)(ring->submissions + params->sq_off.tail);
	unsigned int *head = (void *)(ring->completions + params->cq_off.head);
	unsigned int *array = (void *)(ring->submissions + params->sq_off.array);
	unsigned int *completions = (void *)(ring->completions + params->cq_off.tail);
	struct __kernel_timespec patience = { .tv_nsec = 20000000 };
	struct getevents_arg limits = { .patience = (uintptr_t)&patience };
	unsigned int mask = *(unsigned int *)(ring->completions + params->cq_off.ring_mask);
	struct io_uring_cqe *cqes = (void *)(ring->completions + params->cq_off.cqes);
	int result;

	ring->sqes[0] = *sqe;
	array[0] = 0;
	__atomic_store_n(tail, *tail + 1, __ATOMIC_RELEASE);
	if (syscall(SYS_io_uring_enter, ring->fd, 1, 1, IORING_ENTER_GETEVENTS | ENTER_EXT_ARG,
		    &limits, sizeof(limits)) < 0 ||
	    __atomic_load_n(completions, __ATOMIC_ACQUIRE) == *head)
		return -EINPROGRESS; /* it ends with the ring */
	result = cqes[*head & mask].res;
	__atomic_store_n(head, *head + 1, __ATOMIC_RELEASE);
	return result;
}

static int ring_once(const struct io_uring_sqe *sqe)
{
	struct ring ring;
	int result = ring_open(&ring);

	if (result)
		return result;
	result = ring_do(&ring, sqe);
	ring_unmap(&ring);
	close(ring.fd);
	return result;
}

static int call_32(int nr, long a, long b, long c)
{
	long result = -ENOSYS;

#ifdef __x86_64__
	if (!journal->has_32bit)
		return -ENOSYS;
	result = nr;
	__asm__ volatile("int $0x80"
			 : "+a"(result)
			 : "b"(a), "c"(b), "d"(c)
			 : "memory", "r8", "r9", "r10", "r11");
#endif
	return (int)result;
}

/* A copy of the address that 32 bits can point to. */
static void *low_copy(const void *address, socklen_t len)
{
	static _Thread_local char *low;

	if (!low) {
		low = mmap(NULL, 4096, PROT_READ | PROT_WRITE,
			   MAP_PRIVATE | MAP_ANONYMOUS | MAP_32BIT, -1, 0);
		if (low == MAP_FAILED)
			low = NULL;
	}
	if (low && address)
		memcpy(low, address, len);
	return low;
}

int hidden_socket(enum way way, int family, int type, int protocol)
{
	struct io_uring_sqe sqe = {
		.opcode = OP_SOCKET, .fd = family, .off = type, .len = protocol
	};

	return way == BY_32BIT ? call_32(359, family, type, protocol) : ring_once(&sqe);
}

static int hidden_address(enum way way, int nr, int opcode, int fd, const struct sockaddr *address,
			  socklen_t len)
{
	struct io_uring_sqe sqe = { .opcode = opcode, .fd = fd, .addr = (uintptr_t)address };
	void *low;

	if (way == BY_32BIT) {
		low = low_copy(address, len);
		return low ? call_32(nr, fd, (long)low, len) : -ENOSYS;
	}
	sqe.off = len;
	return ring_once(&sqe);
}

int hidden_connect(enum way way, int fd, const struct sockaddr *address, socklen_t len)
{
	return hidden_address(way, 362, CONNECT, fd, address, len);
}

int hidden_bind(enum way way, int fd, const struct sockaddr *address, socklen_t len)
{
	return hidden_address(way, 361, OP_BIND, fd, address, len);
}

int hidden_getpeername(int fd)
{
	char *low = low_copy(NULL, 0);
	socklen_t len = sizeof(struct sockaddr_storage);

	if (!low)
		return -ENOSYS;
	memcpy(low + 1024, &len, sizeof(len));
	return call_32(368, fd, (long)low, (long)(low + 1024));
}

int hidden_close(enum way way, int fd)
{
	struct io_uring_sqe sqe = { .opcode = CLOSE_FD, .fd = fd };

	return way == BY_32BIT ? call_32(6, fd, 0, 0) : ring_once(&sqe);
}

int fixed_file(int fd)
{
	struct ring ring;
	int result = ring_open(&ring);

	if (result)
		return result;
	result = syscall(SYS_io_uring_register, ring.fd, IORING_REGISTER_FILES, &fd, 1);
	ring_unmap(&ring);
	if (!result)
		return ring.fd;
	close(ring.fd);
	return -EINVAL;
}

int fixed_socket(int family, int type, int protocol)
{
	struct io_uring_sqe sqe = {
		.opcode = OP_SOCKET, .fd = family, .off = type, .len = protocol
	};
	struct ring ring;
	int none = -1, result = ring_open(&ring);

	if (result)
		return result;
	sqe.file_index = 1; /* the first place, which is 1 here */
	result = syscall(SYS_io_uring_register, ring.fd, IORING_REGISTER_FILES, &none, 1);
	if (!result)
		result = ring_do(&ring, &sqe);
	ring_unmap(&ring);
	if (!result)
		return ring.fd;
	close(ring.fd);
	return result;
}
