/* SPDX-License-Identifier: BSD-2-Clause */
/* pass_fd: send a descriptor over a unix socket (SCM_RIGHTS), and take it there. */
#ifndef PASS_FD_H
#define PASS_FD_H

union rights {
	char space[CMSG_SPACE(sizeof(int))];
	struct cmsghdr align;
};

static void send_fd(int over, int fd)
{
	union rights rights = { 0 };
	struct iovec byte = { .iov_base = "", .iov_len = 1 };
	struct msghdr message = {
		.msg_iov = &byte,
		.msg_iovlen = 1,
		.msg_control = rights.space,
		.msg_controllen = sizeof(rights.space),
	};
	struct cmsghdr *header = CMSG_FIRSTHDR(&message);

	header->cmsg_level = SOL_SOCKET;
	header->cmsg_type = SCM_RIGHTS;
	header->cmsg_len = CMSG_LEN(sizeof(int));
	memcpy(CMSG_DATA(header), &fd, sizeof(fd));
	check(sendmsg(over, &message, 0));
}

static int take_fd(int over)
{
	union rights rights;
	char byte;
	struct iovec data = { .iov_base = &byte, .iov_len = 1 };
	struct msghdr message = {
		.msg_iov = &data,
		.msg_iovlen = 1,
		.msg_control = rights.space,
		.msg_controllen = sizeof(rights.space),
	};
	int fd;

	if (check(recvmsg(over, &message, 0)) == 0)
		_exit(0);
	if (!CMSG_FIRSTHDR(&message))
		die("no descriptor came");
	memcpy(&fd, CMSG_DATA(CMSG_FIRSTHDR(&message)), sizeof(fd));
	return fd;
}

/* A child that takes a descriptor, puts it at number `at`, says so with a byte, and holds it. */
static pid_t start_holder(int *ret_over, int at)
{
	int pair[2];
	pid_t child;

	check(socketpair(AF_UNIX, SOCK_STREAM, 0, pair));
	child = start_child();
	if (!child) {
		int fd;

		close(pair[0]);
		fd = take_fd(pair[1]);
		check(dup2(fd, at));
		close(fd);
		check(write(pair[1], "", 1));
		pause();
	}
	close(pair[1]);
	*ret_over = pair[0];
	return child;
}

/* Send it, and return when the holder has it. */
static void hand_over(int over, int fd)
{
	char byte;

	send_fd(over, fd);
	check(read(over, &byte, 1));
}

#endif /* PASS_FD_H */
