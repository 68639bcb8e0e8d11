/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * making: sockets of all families, one by one, in pairs and in bursts, and which of those that an
 * actor has it draws for what it does next.
 */
#define _GNU_SOURCE
#include "ops.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/if_ether.h>
#include <linux/netlink.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "addresses.h"
#include "hidden.h"

#define AF_ALG_FAMILY 38
#define AF_XDP_FAMILY 44
#define PROTOCOL_MPTCP 262
#define ANY_FAMILY (-1)

/* ---- Descriptors ---- */

uint64_t socket_inode(int fd)
{
	struct stat st;

	return !fstat(fd, &st) && S_ISSOCK(st.st_mode) ? st.st_ino : 0;
}

int option(int fd, int name)
{
	int value = -1;
	socklen_t len = sizeof(value);

	getsockopt(fd, SOL_SOCKET, name, &value, &len);
	return value;
}

/* All numbers are below END_FD: what would be above is not made. */
static int pick_fd(struct actor *me, int family, bool want_socket)
{
	int found[END_FD], n = 0;

	for (int fd = FIRST_FD; fd < END_FD; fd++) {
		if (want_socket && !socket_inode(fd))
			continue;
		if (!want_socket && fcntl(fd, F_GETFD) < 0)
			continue;
		if (family == ANY_FAMILY || option(fd, SO_DOMAIN) == family)
			found[n++] = fd;
	}
	return n ? found[pick(me, n)] : -1;
}

int pick_socket(struct actor *me)
{
	return pick_fd(me, ANY_FAMILY, true);
}

int pick_any(struct actor *me)
{
	return pick_fd(me, ANY_FAMILY, false);
}

int pick_unix(struct actor *me)
{
	return pick_fd(me, AF_UNIX, true);
}

/* Is there room for new descriptors below END_FD? */
bool has_room(void)
{
	int n = 0;

	for (int fd = FIRST_FD; fd < END_FD; fd++)
		n += fcntl(fd, F_GETFD) < 0;
	return n >= 6;
}

/* ---- Making sockets ---- */

static const struct kind {
	int family, type, protocol;
} kinds[] = {
	{ AF_INET, SOCK_STREAM, 0 },
	{ AF_INET, SOCK_STREAM, 0 },
	{ AF_INET, SOCK_STREAM, 0 },
	{ AF_INET6, SOCK_STREAM, 0 },
	{ AF_INET6, SOCK_STREAM, 0 },
	{ AF_INET, SOCK_STREAM, PROTOCOL_MPTCP },
	{ AF_INET, SOCK_DGRAM, 0 },
	{ AF_INET6, SOCK_DGRAM, 0 },
	{ AF_INET, SOCK_RAW, IPPROTO_ICMP },
	{ AF_INET, SOCK_DGRAM, IPPROTO_ICMP },
	{ AF_UNIX, SOCK_STREAM, 0 },
	{ AF_UNIX, SOCK_STREAM, 0 },
	{ AF_UNIX, SOCK_DGRAM, 0 },
	{ AF_UNIX, SOCK_SEQPACKET, 0 },
	{ AF_NETLINK, SOCK_RAW, NETLINK_ROUTE },
	{ AF_NETLINK, SOCK_DGRAM, NETLINK_GENERIC },
	{ AF_PACKET, SOCK_DGRAM, 0 },
	{ AF_PACKET, SOCK_RAW, 0x0300 /* ETH_P_ALL in network order */ },
	{ AF_VSOCK, SOCK_STREAM, 0 },
	{ AF_VSOCK, SOCK_SEQPACKET, 0 },
	{ AF_ALG_FAMILY, SOCK_SEQPACKET, 0 },
	{ AF_XDP_FAMILY, SOCK_RAW, 0 },
};

static struct kind pick_kind(struct actor *me)
{
	struct kind kind = kinds[pick(me, sizeof(kinds) / sizeof(kinds[0]))];

	if (pick(me, 3) == 0)
		kind.type |= SOCK_CLOEXEC;
	if (pick(me, 2) == 0)
		kind.type |= SOCK_NONBLOCK;
	return kind;
}

void op_socket(struct actor *me)
{
	struct kind kind = pick_kind(me);
	int fd;

	if (!has_room())
		return;
	fd = socket(kind.family, kind.type, kind.protocol);
	if (fd >= 0)
		note(MADE, socket_inode(fd), fd, fd, kind.family);
}

void op_socket_hidden(struct actor *me)
{
	struct kind kind = pick_kind(me);
	int fd;

	if (!has_room())
		return;
	fd = hidden_socket(pick(me, WAYS), kind.family, kind.type, kind.protocol);
	if (fd >= 0)
		note(MADE_HIDDEN, socket_inode(fd), fd, fd, kind.family);
}

void op_pair(struct actor *me)
{
	static const int types[] = { SOCK_STREAM, SOCK_DGRAM, SOCK_SEQPACKET };
	int ends[2];

	if (!has_room() || socketpair(AF_UNIX, types[pick(me, 3)] | SOCK_NONBLOCK, 0, ends))
		return;
	note(PAIRED, socket_inode(ends[0]), ends[0], 0, 0);
	note(PAIRED, socket_inode(ends[1]), ends[1], 0, 0);
}

/* Many that live no longer than the step, some of them closed by what takes their number. */
void op_burst(struct actor *me)
{
	if (!has_room())
		return;
	for (int i = 0; i < 10; i++) {
		int fd = socket(AF_INET, SOCK_STREAM, 0);

		if (fd < 0)
			return;
		note(BURST, socket_inode(fd), fd, fd, 0);
		if (pick(me, 2)) {
			close(fd);
		} else {
			int other = open("/dev/null", O_RDONLY);

			dup2(other, fd);
			close(other);
			close(fd);
		}
	}
}
