#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
#
# Guessed: a netlink socket has a port once bind() has succeeded, or once it has sent; one whose
#          bind() failed has port 0, as an inet socket has, so a port other than 0 says that the
#          socket is in use.
# So:      when bind() fails with EADDRINUSE the port that was asked for stays in the socket, and
#          getsockname() answers with it: two sockets claim one port, and one of them receives
#          nothing. The inet socket beside it answers 0. Whether a netlink socket is bound is
#          known to the kernel alone (netlink_sock.bound); its address does not show it.
#
# Needs a C compiler; uses nothing but the kernel that runs, whose version it prints.
set -eu
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
cd "$dir"
cat >ask.c <<'C'
#include <arpa/inet.h>
#include <errno.h>
#include <linux/netlink.h>
#include <netinet/in.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

static unsigned netlink_port(int fd)
{
	struct sockaddr_nl address = { 0 };
	socklen_t len = sizeof(address);

	return getsockname(fd, (void *)&address, &len) ? ~0U : address.nl_pid;
}

static unsigned inet_port(int fd)
{
	struct sockaddr_in address = { 0 };
	socklen_t len = sizeof(address);

	return getsockname(fd, (void *)&address, &len) ? ~0U : ntohs(address.sin_port);
}

static const char *word(int result)
{
	return result ? strerror(errno) : "ok";
}

int main(void)
{
	struct sockaddr_nl wanted = { .nl_family = AF_NETLINK, .nl_pid = getpid() };
	struct sockaddr_in same = { .sin_family = AF_INET };
	socklen_t len = sizeof(same);
	int first = socket(AF_NETLINK, SOCK_RAW, NETLINK_ROUTE);
	int second = socket(AF_NETLINK, SOCK_RAW, NETLINK_ROUTE);
	int holder = socket(AF_INET, SOCK_DGRAM, 0), loser = socket(AF_INET, SOCK_DGRAM, 0);
	int netlink, inet;

	same.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	if (bind(first, (void *)&wanted, sizeof(wanted)) ||
	    bind(holder, (void *)&same, sizeof(same)) ||
	    getsockname(holder, (void *)&same, &len))
		return 2;
	netlink = bind(second, (void *)&wanted, sizeof(wanted));
	printf("netlink, a port that is taken: bind: %s, ", word(netlink));
	printf("port %s\n", netlink_port(second) == wanted.nl_pid ? "as asked for" :
			    netlink_port(second) ? "another" : "0");
	inet = bind(loser, (void *)&same, sizeof(same));
	printf("inet, a port that is taken:    bind: %s, ", word(inet));
	printf("port %s\n", inet_port(loser) ? "not 0" : "0");
	return !(netlink && inet && netlink_port(second) == wanted.nl_pid && !inet_port(loser));
}
C
cc -O1 ask.c -o ask
echo "Linux $(uname -r)"
if ./ask; then
	echo "as described"
else
	echo "CHANGED: see above"
	exit 1
fi
