/* SPDX-License-Identifier: BSD-2-Clause */
#include "lib/channel.h"

#include <errno.h>
#include <poll.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "lib/time.h"

#define BUFFER_BYTES (2 * CHANNEL_MAX)

int channel_pair(int ret_ends[2])
{
	int ends[2], bytes = BUFFER_BYTES;

	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends))
		return -errno;
	for (int i = 0; i < 2; i++)
		setsockopt(ends[i], SOL_SOCKET, SO_SNDBUF, &bytes, sizeof(bytes));
	ret_ends[0] = ends[0];
	ret_ends[1] = ends[1];
	return 0;
}

#ifndef SO_PASSRIGHTS
#define SO_PASSRIGHTS 83
#endif

void channel_refuse_descriptors(int end)
{
	const int no = 0;

	setsockopt(end, SOL_SOCKET, SO_PASSRIGHTS, &no, sizeof(no)); /* older kernels lack it */
}

/* Milliseconds that poll() may still take; -1 = any. */
static int left_ms(__u64 deadline_ns)
{
	return deadline_ns == CHANNEL_NO_DEADLINE ? -1 : clock_left_ms(deadline_ns);
}

static int wait_for(int end, short what, __u64 deadline_ns)
{
	struct pollfd pollfd = { .fd = end, .events = what };
	int n;

	do {
		n = poll(&pollfd, 1, left_ms(deadline_ns));
	} while (n < 0 && errno == EINTR);
	return n < 0 ? -errno : n ? 0 : -ETIMEDOUT;
}

int channel_send(int end, const void *data, size_t len, int fd, __u64 deadline_ns)
{
	struct iovec part = { (void *)data, len };
	union {
		struct cmsghdr header;
		char bytes[CMSG_SPACE(sizeof(int))];
	} control = { 0 };
	struct msghdr message = { .msg_iov = &part, .msg_iovlen = 1 };
	struct cmsghdr *header;
	int err;

	if (fd >= 0) {
		message.msg_control = &control;
		message.msg_controllen = sizeof(control);
		header = CMSG_FIRSTHDR(&message);
		header->cmsg_level = SOL_SOCKET;
		header->cmsg_type = SCM_RIGHTS;
		header->cmsg_len = CMSG_LEN(sizeof(fd));
		memcpy(CMSG_DATA(header), &fd, sizeof(fd));
	}
	for (;;) {
		err = wait_for(end, POLLOUT, deadline_ns);
		if (err)
			return err;
		if (sendmsg(end, &message, MSG_NOSIGNAL | MSG_DONTWAIT) >= 0)
			return 0;
		if (errno != EAGAIN && errno != EINTR)
			return errno == ECONNRESET ? -EPIPE : -errno;
	}
}

/* The descriptor that came with a message; any further ones are closed. */
static int take_descriptor(struct msghdr *message)
{
	struct cmsghdr *header;
	int first = -1, fd;

	for (header = CMSG_FIRSTHDR(message); header; header = CMSG_NXTHDR(message, header)) {
		if (header->cmsg_level != SOL_SOCKET || header->cmsg_type != SCM_RIGHTS)
			continue;
		for (size_t at = 0; CMSG_LEN(at + sizeof(fd)) <= header->cmsg_len;
		     at += sizeof(fd)) {
			memcpy(&fd, CMSG_DATA(header) + at, sizeof(fd));
			if (first < 0)
				first = fd;
			else
				close(fd);
		}
	}
	return first;
}

int channel_receive(int end, struct message *ret_message, __u64 deadline_ns)
{
	struct iovec part = { ret_message->data, ret_message->size };
	union {
		struct cmsghdr header;
		char bytes[CMSG_SPACE(sizeof(int))];
	} control;
	struct msghdr message;
	ssize_t len;
	int err, fd;

	for (;;) {
		err = wait_for(end, POLLIN, deadline_ns);
		if (err)
			return err;
		message = (struct msghdr){
			.msg_iov = &part,
			.msg_iovlen = 1,
			.msg_control = &control,
			.msg_controllen = sizeof(control),
		};
		len = recvmsg(end, &message, MSG_CMSG_CLOEXEC | MSG_DONTWAIT);
		if (len >= 0)
			break;
		if (errno != EAGAIN && errno != EINTR)
			return errno == ECONNRESET ? -EPIPE : -errno;
	}
	fd = take_descriptor(&message);
	if (!len || message.msg_flags & MSG_TRUNC) {
		if (fd >= 0)
			close(fd);
		return len ? -EMSGSIZE : -EPIPE; /* our messages are never empty */
	}
	ret_message->len = (size_t)len;
	ret_message->fd = fd;
	return 0;
}
