/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * ops: the things that an actor does to sockets and descriptors. Each draws what it
 * does it to, does it, and notes what came of it.
 */
#define _GNU_SOURCE
#include "ops.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/if_packet.h>
#include <linux/netlink.h>
#include <linux/rtnetlink.h>
#include <linux/tcp.h>
#include <linux/vm_sockets.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "addresses.h"
#include "hidden.h"

#define LOOPBACK_INDEX 1

/* ---- What is known of TCP at this moment, since it may change what a call does ---- */

static void note_state(int fd)
{
	struct tcp_info info = { 0 };
	socklen_t len = sizeof(info);

	if (option(fd, SO_PROTOCOL) != IPPROTO_TCP ||
	    getsockopt(fd, IPPROTO_TCP, TCP_INFO, &info, &len))
		return;
	note(STATE, socket_inode(fd), fd, info.tcpi_state, info.tcpi_bytes_acked > 0);
}

/* ---- connect, bind, getpeername ---- */

enum target { TO_SERVICE, TO_NOBODY, TO_FULL, TO_BAD, TO_UNREADABLE, TARGETS };

static struct address packet_address(struct actor *me)
{
	struct address address = { .len = sizeof(struct sockaddr_ll) };
	struct sockaddr_ll *packet = (void *)&address.room;

	packet->sll_family = AF_PACKET;
	packet->sll_ifindex = pick(me, 3) ? LOOPBACK_INDEX : 4711;
	packet->sll_protocol = pick(me, 2) ? 0x0300 : 0;
	return address;
}

static struct address vsock_address(unsigned int cid, unsigned int port)
{
	struct address address = { .len = sizeof(struct sockaddr_vm) };
	struct sockaddr_vm *vsock = (void *)&address.room;

	vsock->svm_family = AF_VSOCK;
	vsock->svm_cid = cid;
	vsock->svm_port = port;
	return address;
}

static struct address netlink_address(unsigned int port)
{
	struct address address = { .len = sizeof(struct sockaddr_nl) };
	struct sockaddr_nl *netlink = (void *)&address.room;

	netlink->nl_family = AF_NETLINK;
	netlink->nl_pid = port;
	return address;
}

/* Where a socket of this family can try to connect. Nothing leaves the loopback. */
static struct address pick_target(struct actor *me, int fd, enum target target)
{
	static const unsigned short ports[] = {
		[TO_SERVICE] = PORT_OK, [TO_NOBODY] = PORT_REFUSED, [TO_FULL] = PORT_FULL,
		[TO_BAD] = 0,		[TO_UNREADABLE] = PORT_OK,
	};
	struct address address;
	int type = option(fd, SO_TYPE);

	switch (option(fd, SO_DOMAIN)) {
	case AF_INET:
		address = inet_address(type == SOCK_STREAM ? ports[target] : PORT_DGRAM);
		if (target == TO_NOBODY &&
		    type != SOCK_STREAM) /* no route: it binds all the same */
			address.in.sin_addr.s_addr = htonl(0xc0000201);
		break;
	case AF_INET6:
		address = inet6_address(ports[target]);
		if (target == TO_NOBODY && type != SOCK_STREAM)
			address.in6.sin6_addr.s6_addr[0] = 0x20;
		break;
	case AF_UNIX:
		address = unix_address(target == TO_NOBODY    ? "nobody" :
				       target == TO_FULL      ? "full" :
				       type == SOCK_DGRAM     ? "dgram" :
				       type == SOCK_SEQPACKET ? "packets" :
								"ok");
		break;
	case AF_NETLINK:
		address = netlink_address(0);
		break;
	case AF_PACKET:
		address = packet_address(me);
		break;
	case AF_VSOCK: /* to this host itself, where nobody listens */
		address = vsock_address(VMADDR_CID_LOCAL, 4242);
		break;
	default:
		address = inet_address(PORT_REFUSED);
	}
	if (target == TO_BAD)
		address.len = 2;
	return address;
}

/* How long a connect of a blocking socket waits: then it is in progress, or has failed. */
static void set_patience(int fd, int microseconds)
{
	struct timeval limit = { .tv_usec = microseconds };

	setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &limit, sizeof(limit));
}

/* A connect that may wait for ever: others go on meanwhile. */
static int connect_patiently(struct actor *me, int fd, uint64_t inode, struct address *address)
{
	int result;

	set_patience(fd, 0);
	note(CONNECT_BEGUN, inode, fd, 0, 0);
	begin_blocking(me);
	result = connect(fd, &address->any, address->len) ? -errno : 0;
	note(CONNECT, inode, fd, result, 0);
	end_blocking(me);
	return result;
}

void op_connect(struct actor *me)
{
	int fd = pick_socket(me);
	enum target target = pick(me, TARGETS);
	uint64_t inode = socket_inode(fd);
	struct address address;
	int result;

	if (fd < 0)
		return;
	address = pick_target(me, fd, target);
	set_patience(fd, 20000);
	note_state(fd);
	if (target == TO_UNREADABLE) {
		result = connect(fd, (void *)8, address.len) ? -errno : 0;
	} else if (target == TO_FULL && !(fcntl(fd, F_GETFL) & O_NONBLOCK)) {
		connect_patiently(me, fd, inode, &address);
		return;
	} else {
		result = connect(fd, &address.any, address.len) ? -errno : 0;
	}
	note(CONNECT, inode, fd, result, target);
	note_state(fd);
}

void op_connect_hidden(struct actor *me)
{
	static const enum target targets[] = { TO_SERVICE, TO_NOBODY };
	int fd = pick_socket(me), result;
	struct address address;

	if (fd < 0)
		return;
	address = pick_target(me, fd, targets[pick(me, 2)]);
	set_patience(fd, 20000);
	note_state(fd);
	result = hidden_connect(pick(me, WAYS), fd, &address.any, address.len);
	if (result == -ENOSYS)
		return;
	note(CONNECT_HIDDEN, socket_inode(fd), fd, result, 0);
	note_state(fd);
}

void op_dissolve(struct actor *me)
{
	struct sockaddr_storage unspec = { .ss_family = AF_UNSPEC };
	int fd = pick_socket(me), result;
	uint64_t inode = socket_inode(fd);
	bool hidden = pick(me, 6) == 0;

	if (fd < 0)
		return;
	note_state(fd);
	if (hidden)
		result = hidden_connect(pick(me, WAYS), fd, (void *)&unspec, sizeof(unspec));
	else
		result = connect(fd, (void *)&unspec, sizeof(unspec)) ? -errno : 0;
	if (!hidden || result != -ENOSYS)
		note(hidden ? DISSOLVE_HIDDEN : DISSOLVE, inode, fd, result, 0);
	note_state(fd);
}

/* A name, or port, that is free, taken, or not of this host. */
static struct address pick_name(struct actor *me, int fd)
{
	struct address address;
	char name[32];
	bool free = pick(me, 2);

	switch (option(fd, SO_DOMAIN)) {
	case AF_INET:
		address = inet_address(free ? 0 : PORT_OK);
		if (pick(me, 4) == 0)
			address.in.sin_addr.s_addr = htonl(0xc0000201);
		return address;
	case AF_INET6:
		return inet6_address(free ? 0 : PORT_OK);
	case AF_UNIX:
		snprintf(name, sizeof(name), "%x", pick(me, 1 << 30));
		address = unix_address(free ? name : "ok");
		if (free && pick(me, 3) == 0)
			address.len = sizeof(sa_family_t); /* the kernel chooses */
		return address;
	case AF_NETLINK:
		address = netlink_address(free ? 0 : 1);
		if (!free)
			address.len = 4;
		return address;
	case AF_PACKET:
		return packet_address(me);
	case AF_VSOCK:
		return vsock_address(free ? VMADDR_CID_ANY : 77, VMADDR_PORT_ANY);
	}
	return inet_address(0);
}

void op_bind(struct actor *me)
{
	int fd = pick_socket(me), result;
	uint64_t inode = socket_inode(fd);
	struct address address;

	if (fd < 0)
		return;
	address = pick_name(me, fd);
	if (pick(me, 5) == 0) {
		result = hidden_bind(pick(me, WAYS), fd, &address.any, address.len);
		if (result != -ENOSYS)
			note(BIND_HIDDEN, inode, fd, result, 0);
		return;
	}
	result = bind(fd, &address.any, address.len) ? -errno : 0;
	note(BIND, inode, fd, result, 0);
}

void op_listen(struct actor *me)
{
	int fd = pick_socket(me), backlog = pick(me, 4), result;

	if (fd < 0)
		return;
	note_state(fd);
	result = listen(fd, backlog) ? -errno : 0;
	note(LISTEN, socket_inode(fd), fd, result, backlog);
}

void op_accept(struct actor *me)
{
	int listeners[END_FD], n = 0, fd;

	if (!has_room())
		return;
	for (fd = FIRST_FD; fd < END_FD; fd++)
		if (option(fd, SO_ACCEPTCONN) == 1 && fcntl(fd, F_GETFL) & O_NONBLOCK)
			listeners[n++] = fd;
	fd = n ? accept4(listeners[pick(me, n)], NULL, NULL, SOCK_NONBLOCK) : -1;
	if (fd >= 0)
		note(ACCEPTED, socket_inode(fd), fd, 0, 0);
}

void op_getpeername(struct actor *me)
{
	int fd = pick_socket(me), result;
	struct sockaddr_storage address;
	socklen_t len = sizeof(address);

	if (fd < 0)
		return;
	if (pick(me, 6) == 0) {
		result = hidden_getpeername(fd);
		if (result != -ENOSYS)
			note(PEER_HIDDEN, socket_inode(fd), fd, result, 0);
		return;
	}
	result = getpeername(fd, (void *)&address, &len) ? -errno : 0;
	note(PEER, socket_inode(fd), fd, result, 0);
}

/* ---- Use ---- */

static int send_netlink(int fd)
{
	struct {
		struct nlmsghdr header;
		struct rtgenmsg body;
	} ask = {
		.header = { .nlmsg_len = sizeof(ask),
			    .nlmsg_type = RTM_GETLINK,
			    .nlmsg_flags = NLM_F_REQUEST },
	};
	struct address address = netlink_address(0);

	return sendto(fd, &ask, sizeof(ask), MSG_DONTWAIT, &address.any, address.len);
}

/* Only where it cannot connect: sending on a stream is op_connect's. */
void op_send(struct actor *me)
{
	char echo[8] = { 8 }; /* ICMP echo, of whatever checksum */
	int fd = pick_socket(me), result;
	uint64_t inode = socket_inode(fd);
	struct address address;

	if (fd < 0 || option(fd, SO_DOMAIN) == AF_VSOCK || option(fd, SO_DOMAIN) == AF_PACKET)
		return;
	address = pick_target(me, fd, pick(me, 3) ? TO_SERVICE : TO_NOBODY);
	if (option(fd, SO_DOMAIN) == AF_NETLINK)
		result = send_netlink(fd);
	else
		result = sendto(fd, echo, sizeof(echo), MSG_DONTWAIT | MSG_NOSIGNAL, &address.any,
				address.len);
	note(SENT, inode, fd, result < 0 ? -errno : result, 0);
}

/* A connect without connect(). */
void op_fast_open(struct actor *me)
{
	int fd = pick_socket(me), result;
	uint64_t inode = socket_inode(fd);
	struct address address;

	if (fd < 0 || option(fd, SO_PROTOCOL) != IPPROTO_TCP)
		return;
	address = pick_target(me, fd, pick(me, 2) ? TO_SERVICE : TO_NOBODY);
	note_state(fd);
	result = sendto(fd, "", 1, MSG_DONTWAIT | MSG_NOSIGNAL | MSG_FASTOPEN, &address.any,
			address.len);
	note(SENT, inode, fd, result < 0 ? -errno : result, 1);
	note_state(fd);
}

void op_shutdown(struct actor *me)
{
	int fd = pick_socket(me), result;

	if (fd < 0)
		return;
	note_state(fd);
	result = shutdown(fd, pick(me, 3)) ? -errno : 0;
	note(SHUTDOWN, socket_inode(fd), fd, result, 0);
	note_state(fd);
}

void op_join(struct actor *me)
{
	struct packet_mreq request = { .mr_ifindex = LOOPBACK_INDEX,
				       .mr_type = PACKET_MR_ALLMULTI };
	int fd = pick_socket(me), group = RTNLGRP_LINK, result = -1;

	if (fd >= 0 && option(fd, SO_DOMAIN) == AF_NETLINK)
		result = setsockopt(fd, SOL_NETLINK, NETLINK_ADD_MEMBERSHIP, &group, sizeof(group));
	else if (fd >= 0 && option(fd, SO_DOMAIN) == AF_PACKET)
		result = setsockopt(fd, SOL_PACKET, PACKET_ADD_MEMBERSHIP, &request,
				    sizeof(request));
	if (!result)
		note(JOINED, socket_inode(fd), fd, 0, 0);
}
