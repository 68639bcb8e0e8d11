/* SPDX-License-Identifier: BSD-2-Clause */
/* addresses: where the root's services are, in the seed's own network namespace. */
#ifndef ADDRESSES_H
#define ADDRESSES_H

#include <arpa/inet.h>
#include <netinet/in.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>

#define PORT_OK 9001   /* listens, and accepts in time */
#define PORT_FULL 9002 /* listens, its queue is full: a connect stays in progress */
#define PORT_DGRAM 9003
#define PORT_REFUSED 1

struct address {
	union {
		struct sockaddr any;
		struct sockaddr_in in;
		struct sockaddr_in6 in6;
		struct sockaddr_un un;
		struct sockaddr_storage room;
	};
	socklen_t len;
};

static inline struct address inet_address(unsigned short port)
{
	struct address address = { .len = sizeof(address.in) };

	address.in = (struct sockaddr_in){
		.sin_family = AF_INET,
		.sin_port = htons(port),
		.sin_addr.s_addr = htonl(INADDR_LOOPBACK),
	};
	return address;
}

static inline struct address inet6_address(unsigned short port)
{
	struct address address = { .len = sizeof(address.in6) };

	address.in6 = (struct sockaddr_in6){
		.sin6_family = AF_INET6,
		.sin6_port = htons(port),
		.sin6_addr = IN6ADDR_LOOPBACK_INIT,
	};
	return address;
}

/* In the abstract namespace, which a network namespace has of its own. */
static inline struct address unix_address(const char *name)
{
	struct address address = { 0 };

	address.un.sun_family = AF_UNIX;
	snprintf(address.un.sun_path + 1, sizeof(address.un.sun_path) - 1, "chaos-%s", name);
	address.len = offsetof(struct sockaddr_un, sun_path) + 1 + strlen(address.un.sun_path + 1);
	return address;
}

#endif /* ADDRESSES_H */
