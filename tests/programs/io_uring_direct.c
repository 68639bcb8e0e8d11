/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * io_uring makes one socket after the other that has no descriptor, and keeps them: no leaks, and
 * no reason to read the fd tables of the host for each.
 */
#include "program.h"
#include "uring.h"

#define SOCKETS 16

int main(void)
{
	struct uring ring = uring_open(0);
	struct io_uring_sqe sqe = { .opcode = OP_SOCKET, .fd = AF_INET, .off = SOCK_STREAM };
	int places[SOCKETS];

	memset(places, -1, sizeof(places));
	check(syscall(SYS_io_uring_register, ring.fd, IORING_REGISTER_FILES, places, SOCKETS));
	expect_none();
	ready();
	for (unsigned int i = 0; i < SOCKETS; i++) {
		sqe.file_index = i + 1;
		if (uring_do(&ring, &sqe) == -EINVAL)
			skip("no IORING_OP_SOCKET in this kernel");
		sleep_ms(400);
	}
	expect_none();
	ready();
	return 0;
}
