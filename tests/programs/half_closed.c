/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Connections whose peer has closed and this side has not, one whose both sides are done, and one
 * that is alive. Nothing of it is a leak, unless the first argument is "also": then an agent
 * watches that was asked for these classes. With "live" and a number, so many live connections, and
 * then some leaks.
 */
#include "program.h"

#include <netinet/tcp.h>

static void wait_for_state(int fd, int state)
{
	struct tcp_info info = { .tcpi_state = 0 };
	socklen_t len = sizeof(info);

	while (info.tcpi_state != state) {
		sleep_ms(1);
		check(getsockopt(fd, IPPROTO_TCP, TCP_INFO, &info, &len));
	}
}

/* *ret_peer: its other end, accepted. */
static int make_connection(int listener, int *ret_peer)
{
	int fd = make_socket(AF_INET, SOCK_STREAM, 0);

	connect_to(fd, listener);
	*ret_peer = check(accept(listener, NULL, NULL));
	return fd;
}

static int make_half_closed(int listener)
{
	int peer, fd = make_connection(listener, &peer);

	close(peer);
	wait_for_state(fd, TCP_CLOSE_WAIT);
	return fd;
}

/* As long as nobody has read the peer's end, a connect that does not wait is seen by no hook. */
static int make_half_closed_later(int listener)
{
	int fd = make_socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);
	struct sockaddr_in address = loopback(port_of(listener));
	struct pollfd wait = { .fd = fd, .events = POLLOUT };

	if (connect(fd, ADDRESS(address)) && errno != EINPROGRESS)
		die("connect");
	check(poll(&wait, 1, -1));
	close(check(accept(listener, NULL, NULL)));
	wait_for_state(fd, TCP_CLOSE_WAIT);
	return fd;
}

static int make_unix_half_closed(void)
{
	struct sockaddr_un address;
	socklen_t len = abstract_name(&address, "half");
	int listener = check(socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
	int fd = make_socket(AF_UNIX, SOCK_STREAM, 0);

	check(bind(listener, (struct sockaddr *)&address, len));
	check(listen(listener, 1));
	check(connect(fd, (struct sockaddr *)&address, len));
	close(check(accept(listener, NULL, NULL)));
	return fd;
}

/* The other end of a connection that a client has closed. */
static int make_accepted(int listener)
{
	int peer, fd = make_connection(listener, &peer);

	close(fd);
	wait_for_state(peer, TCP_CLOSE_WAIT);
	return peer;
}

static void expect_dead(const int fds[5], unsigned short port)
{
	expect_leak(fds[0],
		    "class=half_closed destination=127.0.0.1:%d function=make_socket "
		    "disconnected=*",
		    port);
	expect_leak(fds[1], "class=half_closed destination=127.0.0.1:%d function=make_socket",
		    port);
	expect_leak(fds[2], "class=half_closed function=make_socket");
	expect_leak(fds[3],
		    "class=was_connected destination=127.0.0.1:%d function=make_socket "
		    "disconnected=*",
		    port);
	expect_leak(fds[4], "class=half_closed created=null stack=null destination=*");
}

static void hold_live(int listener, int count)
{
	int peer;

	for (int i = 0; i < count; i++)
		make_connection(listener, &peer);
	expect_none();
	ready();
	for (int i = 0; i < 4; i++)
		expect_leak(make_socket(AF_INET, SOCK_STREAM, 0),
			    "class=never_used stack_source=snapshot");
	ready();
}

int main(int argc, char **argv)
{
	bool also = argc > 1 && !strcmp(argv[1], "also");
	int listener = make_listener(8), fds[5], peer;
	unsigned long inode;
	pid_t child;

	if (argc > 2) {
		hold_live(listener, atoi(argv[2]));
		return 0;
	}
	make_connection(listener, &peer);
	fds[0] = make_half_closed(listener);
	fds[1] = make_half_closed_later(listener);
	fds[2] = make_unix_half_closed();
	fds[3] = make_half_closed(listener);
	check(shutdown(fds[3], SHUT_RDWR));
	wait_for_state(fds[3], TCP_CLOSE);
	fds[4] = make_accepted(listener);
	if (!also) {
		expect_none();
		ready();
		return 0;
	}
	expect_dead(fds, port_of(listener));
	ready();
	/* A child has them as well, and keeps one. */
	inode = inode_of(fds[1]);
	child = start_child();
	if (!child) {
		for (int i = 1; i < 5; i++)
			close(fds[i]);
		pause();
	}
	expect_leak_of(inode_of(fds[0]), "class=half_closed held_by=%d+%d", getpid(), child);
	close(fds[1]);
	expect_resolved(inode, "closed");
	expect_leak(fds[2], "class=half_closed");
	expect_leak(fds[3], "class=was_connected");
	expect_leak(fds[4], "class=half_closed");
	ready();
	return 0;
}
