// SPDX-License-Identifier: BSD-2-Clause
/*
 * Preloaded into the applications: a socket whose connect has failed is not closed, as by a client
 * that forgets it. Clients mostly close it, each in its own way; so all of them leak, and what
 * sockleak says of them can be compared. Nothing that socket() or connect() pass through is
 * replaced, so the stacks are those of the clients.
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <poll.h>
#include <stdarg.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

#define MAX_FD 65536

static unsigned char was_tried[MAX_FD];

int connect(int fd, const struct sockaddr *address, socklen_t len)
{
	int type = 0;
	socklen_t type_len = sizeof(type);

	getsockopt(fd, SOL_SOCKET, SO_TYPE, &type, &type_len);
	if (fd >= 0 && fd < MAX_FD)
		was_tried[fd] = type == SOCK_STREAM;
	return (int)syscall(SYS_connect, fd, address, len);
}

/* Has a connect on it failed? A stream socket without a connection has hung up. */
static int is_kept(int fd)
{
	struct pollfd poll_fd = { .fd = fd };

	if (fd < 0 || fd >= MAX_FD || !was_tried[fd])
		return 0;
	was_tried[fd] = 0;
	return poll(&poll_fd, 1, 0) == 1 && poll_fd.revents & POLLHUP &&
	       syscall(SYS_getpeername, fd, &(struct sockaddr_storage){ 0 },
		       &(socklen_t){ sizeof(struct sockaddr_storage) });
}

int close(int fd)
{
	return is_kept(fd) ? 0 : (int)syscall(SYS_close, fd);
}

/* Java closes so. */
int dup2(int from, int to)
{
	if (from == to || is_kept(to))
		return to;
	return (int)syscall(SYS_dup3, from, to, 0);
}

/* libuv, and so Node, closes so. */
long syscall(long number, ...)
{
	static long (*next)(long, ...);
	long arguments[6];
	va_list list;

	va_start(list, number);
	for (int i = 0; i < 6; i++)
		arguments[i] = va_arg(list, long);
	va_end(list);
	if (number == SYS_close && is_kept((int)arguments[0]))
		return 0;
	if (!next)
		next = (long (*)(long, ...))dlsym(RTLD_NEXT, "syscall");
	return next(number, arguments[0], arguments[1], arguments[2], arguments[3], arguments[4],
		    arguments[5]);
}
