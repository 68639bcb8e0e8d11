/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Sockets of one site on which a call fails, each call in a function of its own. At first the site
 * is not known to leak, so the stack of the call is not copied. Later it is known, and the stack
 * is: of sockets that are tried at once, of an old one, of one that a child or a thread tries, and
 * in each case that of the call which decides the class.
 */
#include "program.h"

_opaque_ static void try_connect(int fd)
{
	struct sockaddr_in address = loopback(REFUSED_PORT);

	if (!connect(fd, ADDRESS(address)) || errno != ECONNREFUSED)
		die("connect");
}

/* An address that is not this host's: RFC 5737. */
_opaque_ static void try_bind(int fd)
{
	struct sockaddr_in address = { .sin_family = AF_INET };

	check(inet_pton(AF_INET, "192.0.2.1", &address.sin_addr));
	if (!bind(fd, ADDRESS(address)))
		die("bind");
}

_opaque_ static void try_getpeername(int fd)
{
	struct sockaddr_storage peer;
	socklen_t len = sizeof(peer);

	if (!getpeername(fd, (struct sockaddr *)&peer, &len) || errno != ENOTCONN)
		die("getpeername");
}

_opaque_ static void try_later(int fd)
{
	try_getpeername(fd);
	errno = 0; /* so that it is no tail call */
}

static void *try_in_thread(void *fd)
{
	try_connect(*(int *)fd);
	return NULL;
}

static void run_thread(int *fd)
{
	pthread_t thread;

	errno = pthread_create(&thread, NULL, try_in_thread, fd);
	if (errno || pthread_join(thread, NULL))
		die("pthread");
}

_opaque_ static void try_in_child(int fd)
{
	pid_t child = check(fork());

	if (!child) {
		try_connect(fd);
		_exit(0);
	}
	check(waitpid(child, NULL, 0));
}

/* In one loop, so that all sockets are of one call site. */
_opaque_ static void make(int *fds, int count)
{
	for (int i = 0; i < count; i++)
		fds[i] = make_socket(AF_INET, SOCK_STREAM, 0);
}

static void expect_tried(int fd, const char *cls, const char *call, const char *function)
{
	expect_leak(fd, "class=%s function=make_socket tried_call=%s tried_in=%s", cls, call,
		    function);
}

static void expect_old(const int *old)
{
	expect_leak(old[0], "class=connect_failed function=make_socket tried=null");
	expect_leak(old[1], "class=probed function=make_socket tried_call=getpeername "
			    "tried_in=try_later");
}

int main(void)
{
	int old[2], fds[6];

	make(old, 2);
	try_connect(old[0]);
	expect_leak(old[0], "class=connect_failed function=make_socket tried=null");
	expect_leak(old[1], "class=never_used function=make_socket tried=null");
	ready();
	try_later(old[1]);
	make(fds, 6);
	try_connect(fds[0]);
	try_getpeername(fds[0]); /* not of the class */
	try_bind(fds[1]);
	try_getpeername(fds[2]);
	try_bind(fds[3]);
	try_connect(fds[3]); /* outweighs bind */
	run_thread(&fds[4]);
	try_in_child(fds[5]);
	expect_old(old);
	expect_tried(fds[0], "connect_failed", "connect", "try_connect");
	expect_tried(fds[1], "bind_failed", "bind", "try_bind");
	expect_tried(fds[2], "probed", "getpeername", "try_getpeername");
	expect_tried(fds[3], "connect_failed", "connect", "try_connect");
	expect_tried(fds[4], "connect_failed", "connect", "try_in_thread");
	expect_tried(fds[5], "connect_failed", "connect", "try_in_child");
	ready();
	return 0;
}
