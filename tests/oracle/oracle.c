/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * oracle: what every socket of some processes is, by system calls alone. Slow,
 * simple, and without a line, a table or a hook of sockleak's, so that the two can
 * be held against each other (tests/chaos/).
 *
 * INTRUSIVE, a test tool only: it takes a descriptor of each socket into its own
 * table (pidfd_getfd), so for a moment it is a holder, a close elsewhere is not the
 * last one, and /proc/PID/fd of this process shows the socket. It asks nothing that
 * changes a socket: not SO_ERROR, which clears the error.
 *
 *   oracle PID...            oracle --cgroup DIR            oracle --all
 *
 * One line of JSON a socket:
 *   inode, domain, type, protocol   numbers of the kernel
 *   holders    processes that have it in a table, of any of their threads
 *   state      in_use | connecting | unused | maybe_in_use, by docs/classes.md
 *   bound      it has an address of its own
 *   peer       getpeername names one
 *   was_open   it is closed, and the other side once acknowledged something
 *   class      the class as far as the kernel's state alone tells: bound_only,
 *              never_used or was_connected; null when it is in use or connecting
 *
 * What it cannot see, since it is history and not state: whether connect, bind or
 * getpeername was tried, who made the socket, and memberships of packet sockets.
 */
#define _GNU_SOURCE
#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/if_packet.h>
#include <linux/netlink.h>
#include <linux/tcp.h>
#include <netinet/in.h>
#include <poll.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/un.h>
#include <unistd.h>

#ifndef PIDFD_THREAD
#define PIDFD_THREAD O_EXCL /* Linux 6.9: a thread that has a table of its own */
#endif
#ifndef NETLINK_LIST_MEMBERSHIPS
#define NETLINK_LIST_MEMBERSHIPS 9
#endif
#define PROTOCOL_MPTCP 262
#define STATE_SYN_SENT 2
#define STATE_CLOSE 7

#define MAX_SOCKETS 65536
#define MAX_HOLDERS 256

struct socket {
	unsigned long inode;
	int domain, type, protocol;
	const char *state;
	bool bound, peer, was_open;
	int n_holders;
	pid_t holders[MAX_HOLDERS];
};

static struct socket *sockets[MAX_SOCKETS];
static size_t n_sockets;
static unsigned long waiting[MAX_SOCKETS]; /* inodes that a thread waits in connect for */
static size_t n_waiting;

static int number(int fd, int option)
{
	int value = -1;
	socklen_t len = sizeof(value);

	return getsockopt(fd, SOL_SOCKET, option, &value, &len) ? -1 : value;
}

static bool has_peer(int fd)
{
	struct sockaddr_storage address;
	socklen_t len = sizeof(address);

	return !getpeername(fd, (struct sockaddr *)&address, &len);
}

/* Has it an address of its own? */
static bool is_bound(int fd, int domain)
{
	union {
		struct sockaddr any;
		struct sockaddr_in in;
		struct sockaddr_in6 in6;
		struct sockaddr_storage room;
	} address = { 0 };
	socklen_t len = sizeof(address);

	if (getsockname(fd, &address.any, &len))
		return false;
	switch (domain) {
	case AF_INET:
		return address.in.sin_port;
	case AF_INET6:
		return address.in6.sin6_port;
	case AF_UNIX:
		return len > offsetof(struct sockaddr_un, sun_path);
	}
	return false;
}

/* Nothing to wait for, and hung up: closed. A connection under way has no events. */
static bool is_hung_up(int fd)
{
	struct pollfd event = { .fd = fd };

	return poll(&event, 1, 0) == 1 && event.revents & POLLHUP;
}

static const char *judge_tcp(struct socket *socket, int fd)
{
	struct tcp_info info = { 0 };
	socklen_t len = sizeof(info);

	if (number(fd, SO_ACCEPTCONN) == 1)
		return "in_use";
	/* Asking MPTCP for this makes it a subflow: poll and getpeername tell enough. */
	if (socket->protocol != IPPROTO_TCP) {
		if (!is_hung_up(fd))
			return has_peer(fd) ? "in_use" : "connecting";
		return has_peer(fd) ? "in_use" : "unused";
	}
	if (getsockopt(fd, IPPROTO_TCP, TCP_INFO, &info, &len))
		return "maybe_in_use";
	if (info.tcpi_state == STATE_SYN_SENT)
		return "connecting";
	if (info.tcpi_state != STATE_CLOSE)
		return "in_use";
	socket->was_open = info.tcpi_bytes_acked > 0;
	return "unused";
}

static const char *judge_inet(struct socket *socket, int fd)
{
	if (socket->type == SOCK_STREAM)
		return judge_tcp(socket, fd);
	if (socket->type == SOCK_RAW) { /* its "port" is the protocol */
		socket->bound = false;
		return has_peer(fd) ? "in_use" : "maybe_in_use";
	}
	return has_peer(fd) || socket->bound ? "in_use" : "maybe_in_use";
}

static const char *judge_unix(const struct socket *socket, int fd)
{
	if (number(fd, SO_ACCEPTCONN) == 1 || has_peer(fd))
		return "in_use";
	if (socket->type != SOCK_DGRAM)
		return "unused";
	return socket->bound ? "in_use" : "maybe_in_use";
}

/*
 * getsockname goes on to tell a port that bind() was refused. What is bound stands in the list of
 * the network namespace, with its inode at the end of the line; while that is read others come and
 * go, and a line may be missed: it is read again.
 */
static bool netlink_is_listed(pid_t pid, pid_t tid, unsigned long inode)
{
	char path[96], line[256];
	bool listed = false;
	unsigned long of;
	FILE *file;

	snprintf(path, sizeof(path), "/proc/%d/task/%d/net/netlink", pid, tid);
	for (int i = 0; i < 3 && !listed; i++) {
		file = fopen(path, "re");
		while (file && !listed && fgets(line, sizeof(line), file))
			listed =
				sscanf(line, "%*s %*s %*s %*s %*s %*s %*s %*s %*s %lu", &of) == 1 &&
				of == inode;
		if (file)
			fclose(file);
	}
	return listed;
}

static const char *judge_netlink(const struct socket *socket, int fd)
{
	uint32_t groups[64] = { 0 };
	socklen_t len = sizeof(groups);

	if (socket->bound)
		return "in_use";
	if (!getsockopt(fd, SOL_NETLINK, NETLINK_LIST_MEMBERSHIPS, groups, &len))
		for (size_t i = 0; i < sizeof(groups) / sizeof(groups[0]); i++)
			if (groups[i])
				return "in_use";
	return "unused";
}

/* Bound to an interface it is in use. */
static const char *judge_packet(int fd)
{
	struct sockaddr_ll address = { 0 };
	socklen_t len = sizeof(address);

	if (!getsockname(fd, (struct sockaddr *)&address, &len) && address.sll_ifindex > 0)
		return "in_use";
	return "maybe_in_use";
}

static const char *judge(struct socket *socket, int fd)
{
	switch (socket->domain) {
	case AF_INET:
	case AF_INET6:
		return judge_inet(socket, fd);
	case AF_UNIX:
		return judge_unix(socket, fd);
	case AF_NETLINK:
		return judge_netlink(socket, fd);
	case AF_PACKET:
		return judge_packet(fd);
	}
	if (number(fd, SO_ACCEPTCONN) == 1 || has_peer(fd))
		return "in_use";
	return socket->domain == AF_VSOCK && socket->type != SOCK_DGRAM ? "unused" : "maybe_in_use";
}

static struct socket *socket_of(unsigned long inode)
{
	struct socket *socket;

	for (size_t i = 0; i < n_sockets; i++)
		if (sockets[i]->inode == inode)
			return sockets[i];
	if (n_sockets == MAX_SOCKETS || !(socket = calloc(1, sizeof(*socket)))) {
		fprintf(stderr, "oracle: more than %d sockets, or no memory\n", MAX_SOCKETS);
		exit(1);
	}
	socket->inode = inode;
	return sockets[n_sockets++] = socket;
}

static void add_holder(struct socket *socket, pid_t pid)
{
	for (int i = 0; i < socket->n_holders; i++)
		if (socket->holders[i] == pid)
			return;
	if (socket->n_holders < MAX_HOLDERS)
		socket->holders[socket->n_holders++] = pid;
}

/* One descriptor of one thread. One opened with O_PATH is no socket: it fails SO_DOMAIN. */
static void look_at(pid_t pid, pid_t tid, int pidfd, int number_there)
{
	int fd = syscall(SYS_pidfd_getfd, pidfd, number_there, 0);
	struct socket *socket;
	struct stat st;
	int domain;

	if (fd < 0)
		return;
	domain = number(fd, SO_DOMAIN);
	if (domain >= 0 && !fstat(fd, &st)) {
		socket = socket_of(st.st_ino);
		add_holder(socket, pid);
		if (!socket->state) {
			socket->domain = domain;
			socket->type = number(fd, SO_TYPE);
			socket->protocol = number(fd, SO_PROTOCOL);
			socket->bound = domain == AF_NETLINK ?
						netlink_is_listed(pid, tid, st.st_ino) :
						is_bound(fd, domain);
			socket->peer = has_peer(fd);
			socket->state = judge(socket, fd);
		}
	}
	close(fd);
}

static bool is_socket_link(const char *path, unsigned long *ret_inode)
{
	char link[64] = "";

	return readlink(path, link, sizeof(link) - 1) > 0 &&
	       sscanf(link, "socket:[%lu]", ret_inode) == 1;
}

/* Is the thread inside connect()? The kernel shows the call and its arguments. */
static void look_at_call(pid_t pid, pid_t tid)
{
	char path[96], line[256] = "";
	unsigned long fd, inode;
	FILE *file;
	long nr;

	snprintf(path, sizeof(path), "/proc/%d/task/%d/syscall", pid, tid);
	file = fopen(path, "re");
	if (!file)
		return;
	if (fgets(line, sizeof(line), file) && sscanf(line, "%ld 0x%lx", &nr, &fd) == 2 &&
	    nr == SYS_connect) {
		snprintf(path, sizeof(path), "/proc/%d/task/%d/fd/%lu", pid, tid, fd & 0xffffffff);
		if (is_socket_link(path, &inode) && n_waiting < MAX_SOCKETS)
			waiting[n_waiting++] = inode;
	}
	fclose(file);
}

static void look_at_thread(pid_t pid, pid_t tid)
{
	char path[64], entry_path[384];
	int pidfd = syscall(SYS_pidfd_open, tid, PIDFD_THREAD);
	struct dirent *entry;
	unsigned long inode;
	DIR *directory;

	if (pidfd < 0 && pid == tid)
		pidfd = syscall(SYS_pidfd_open, pid, 0);
	snprintf(path, sizeof(path), "/proc/%d/task/%d/fd", pid, tid);
	directory = opendir(path);
	while (directory && pidfd >= 0 && (entry = readdir(directory))) {
		snprintf(entry_path, sizeof(entry_path), "%s/%s", path, entry->d_name);
		if (is_socket_link(entry_path, &inode))
			look_at(pid, tid, pidfd, atoi(entry->d_name));
	}
	if (directory)
		closedir(directory);
	if (pidfd >= 0)
		close(pidfd);
	look_at_call(pid, tid);
}

static void look_at_process(pid_t pid)
{
	char path[64];
	struct dirent *entry;
	DIR *directory;

	snprintf(path, sizeof(path), "/proc/%d/task", pid);
	directory = opendir(path);
	if (!directory)
		return;
	while ((entry = readdir(directory)))
		if (isdigit((unsigned char)entry->d_name[0]))
			look_at_thread(pid, atoi(entry->d_name));
	closedir(directory);
}

static void look_at_cgroup(const char *cgroup)
{
	char path[4096];
	FILE *file;
	int pid;

	snprintf(path, sizeof(path), "%s/cgroup.procs", cgroup);
	file = fopen(path, "re");
	if (!file) {
		fprintf(stderr, "oracle: cannot read %s: %s\n", path, strerror(errno));
		exit(1);
	}
	while (fscanf(file, "%d", &pid) == 1)
		look_at_process(pid);
	fclose(file);
}

static void look_at_all(void)
{
	DIR *directory = opendir("/proc");
	struct dirent *entry;

	while (directory && (entry = readdir(directory)))
		if (isdigit((unsigned char)entry->d_name[0]) && atoi(entry->d_name) != getpid())
			look_at_process(atoi(entry->d_name));
	if (directory)
		closedir(directory);
}

static const char *class_of(const struct socket *socket)
{
	if (strcmp(socket->state, "unused") && strcmp(socket->state, "maybe_in_use"))
		return "null";
	if (socket->was_open)
		return "\"was_connected\"";
	return socket->bound ? "\"bound_only\"" : "\"never_used\"";
}

static const char *truth(bool value)
{
	return value ? "true" : "false";
}

static void print(struct socket *socket)
{
	bool is_inet = socket->domain == AF_INET || socket->domain == AF_INET6;

	for (size_t i = 0; i < n_waiting && !is_inet; i++)
		if (waiting[i] == socket->inode && strcmp(socket->state, "in_use"))
			socket->state = "connecting";
	printf("{\"inode\":%lu,\"domain\":%d,\"type\":%d,\"protocol\":%d,\"holders\":[",
	       socket->inode, socket->domain, socket->type, socket->protocol);
	for (int i = 0; i < socket->n_holders; i++)
		printf("%s%d", i ? "," : "", socket->holders[i]);
	printf("],\"state\":\"%s\",\"bound\":%s,\"peer\":%s,\"was_open\":%s,\"class\":%s}\n",
	       socket->state, truth(socket->bound), truth(socket->peer), truth(socket->was_open),
	       class_of(socket));
}

int main(int argc, char **argv)
{
	if (argc == 3 && !strcmp(argv[1], "--cgroup")) {
		look_at_cgroup(argv[2]);
	} else if (argc == 2 && !strcmp(argv[1], "--all")) {
		look_at_all();
	} else if (argc > 1 && isdigit((unsigned char)argv[1][0])) {
		for (int i = 1; i < argc; i++)
			look_at_process(atoi(argv[i]));
	} else {
		fprintf(stderr, "usage: oracle PID... | --cgroup DIR | --all\n");
		return 2;
	}
	for (size_t i = 0; i < n_sockets; i++)
		print(sockets[i]);
	return 0;
}
