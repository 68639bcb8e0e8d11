/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * program: what the test programs share: the protocol that they speak with the
 * harness, and the few set-ups that most of them need. See README.md.
 *
 * Everything prints lines on stdout. A phase is: set something up, print what a
 * correct sockleak says about it (expect_*), then ready(), which waits for a
 * newline on stdin. EOF on stdin ends the program.
 */
#ifndef PROGRAM_H
#define PROGRAM_H

#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <netinet/in.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define _unused_ __attribute__((unused))
/* Keeps its name and its call, whatever the optimizer could make of it. */
#ifdef __clang__
#define _opaque_ __attribute__((noinline))
#else
#define _opaque_ __attribute__((noipa))
#endif

/* The set-up failed: the test program is broken here, which is no verdict on sockleak. */
#define die(what)                                                                            \
	do {                                                                                 \
		printf("broken %s:%d: %s: %s\n", __FILE__, __LINE__, what, strerror(errno)); \
		exit(2);                                                                     \
	} while (0)

#define check(call)                            \
	({                                     \
		typeof(call) result_ = (call); \
		if (result_ < 0)               \
			die(#call);            \
		result_;                       \
	})

__attribute__((constructor)) static void program_begin(void)
{
	setvbuf(stdout, NULL, _IOLBF, 0);
	signal(SIGPIPE, SIG_IGN);
}

/* This kernel or host cannot do what the program is about. */
_unused_ static void skip(const char *reason)
{
	printf("skip %s\n", reason);
	exit(0);
}

/* The phase is set up and its expectations are printed: wait until it was judged. */
_unused_ static void ready(void)
{
	static int phase = 1;
	char byte;
	ssize_t len;

	printf("ready\n");
	do
		len = read(STDIN_FILENO, &byte, 1);
	while (len < 0 && errno == EINTR);
	if (len <= 0)
		exit(0);
	printf("phase %d\n", ++phase);
}

/* Which socket: its inode is the one name that a dup, a fork or a new fd number cannot change. */
_unused_ static unsigned long inode_of(int fd)
{
	struct stat st;

	check(fstat(fd, &st));
	return st.st_ino;
}

/* In this phase a leak is open: the socket `inode`, with these fields ("class=probed fd=3 ..."). */
__attribute__((format(printf, 2, 3))) _unused_ static void expect_leak_of(unsigned long inode,
									  const char *format, ...)
{
	va_list args;

	printf("expect leak inode=%lu ", inode);
	va_start(args, format);
	vprintf(format, args);
	va_end(args);
	putchar('\n');
}

/* The same, held by this process under this number and by nobody else. */
#define expect_leak(held, format, ...)                                                   \
	({                                                                               \
		int held_ = (held);                                                      \
		expect_leak_of(inode_of(held_), "pid=%d fd=%d " format, getpid(), held_, \
			       ##__VA_ARGS__);                                           \
	})

/* In this phase a leak that was open ends. */
_unused_ static void expect_resolved(unsigned long inode, const char *reason)
{
	printf("expect resolved inode=%lu reason=%s\n", inode, reason);
}

/* In this phase no leak is open (other than those expected). */
_unused_ static void expect_none(void)
{
	printf("expect none\n");
}

_unused_ static void sleep_ms(unsigned int ms)
{
	struct timespec left = { .tv_sec = ms / 1000, .tv_nsec = ms % 1000 * 1000000L };

	while (nanosleep(&left, &left) && errno == EINTR)
		;
}

/* socket() from a function of this name, so that a stack can be checked for it. */
_opaque_ _unused_ static int make_socket(int family, int type, int protocol)
{
	int fd = check(socket(family, type, protocol));

	__asm__ volatile("" ::: "memory"); /* no tail call: the frame must stay */
	return fd;
}

/*
 * A child that dies with its parent. Returns as fork() does; the parent has
 * announced the child by then.
 */
_unused_ static pid_t start_child(void)
{
	pid_t parent = getpid();
	pid_t pid;

	fflush(stdout);
	pid = check(fork());
	if (pid) {
		printf("pid %d\n", pid);
		return pid;
	}
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	if (getppid() != parent)
		_exit(0);
	return 0;
}

/* A one-way signal between processes or threads: wait_for(pipe) returns after tell(pipe). */
_unused_ static void make_signal(int ends[2])
{
	check(pipe2(ends, O_CLOEXEC));
}

_unused_ static void tell(const int ends[2])
{
	check(write(ends[1], "", 1));
}

_unused_ static void wait_for(const int ends[2])
{
	char byte;

	if (check(read(ends[0], &byte, 1)) == 0)
		_exit(0);
}

/* Until a thread of this process waits in the system call of that number. */
_unused_ static void wait_until_inside(pid_t tid, long number)
{
	long inside = -1;
	char path[64];
	FILE *file;

	snprintf(path, sizeof(path), "/proc/self/task/%d/syscall", tid);
	while (inside != number) {
		file = fopen(path, "re");
		if (!file)
			die(path);
		if (fscanf(file, "%ld", &inside) != 1)
			inside = -1; /* it runs */
		fclose(file);
		if (inside != number)
			sleep_ms(5);
	}
}

_unused_ static struct sockaddr_in loopback(unsigned short port)
{
	return (struct sockaddr_in){
		.sin_family = AF_INET,
		.sin_port = htons(port),
		.sin_addr.s_addr = htonl(INADDR_LOOPBACK),
	};
}

#define ADDRESS(a) ((struct sockaddr *)&(a)), sizeof(a)

/* Nothing listens on tcpmux, so connecting to it on the loopback is refused. */
#define REFUSED_PORT 1

_unused_ static unsigned short port_of(int fd)
{
	struct sockaddr_in address;
	socklen_t len = sizeof(address);

	check(getsockname(fd, (struct sockaddr *)&address, &len));
	return ntohs(address.sin_port);
}

/* A listening TCP socket on a loopback port of the kernel's choice. */
_unused_ static int make_listener(int backlog)
{
	struct sockaddr_in address = loopback(0);
	int fd = check(socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));

	check(bind(fd, ADDRESS(address)));
	check(listen(fd, backlog));
	return fd;
}

_unused_ static void connect_to(int fd, int listener)
{
	struct sockaddr_in address = loopback(port_of(listener));

	check(connect(fd, ADDRESS(address)));
}

/* A name of this process's own in the abstract unix namespace: no file to clean up. */
_unused_ static socklen_t abstract_name(struct sockaddr_un *address, const char *suffix)
{
	*address = (struct sockaddr_un){ .sun_family = AF_UNIX };
	snprintf(address->sun_path + 1, sizeof(address->sun_path) - 1, "sockleak-test-%d-%s",
		 getpid(), suffix);
	return offsetof(struct sockaddr_un, sun_path) + 1 + strlen(address->sun_path + 1);
}

/*
 * In the second phase, when the rush of the start is over, leak `count` sockets, one each 300 ms,
 * from one place in the code: the growth that makes a leak of a socket whose use the kernel cannot
 * tell. The caller's `use`, when given, does with each what a careless program would.
 */
_opaque_ _unused_ static void leak_slowly(int family, int type, int protocol, int count,
					  void (*use)(int fd), const char *fields)
{
	expect_none();
	ready();
	for (int i = 0; i < count; i++) {
		int fd = make_socket(family, type, protocol);

		if (use)
			use(fd);
		expect_leak(fd, "%s", fields);
		sleep_ms(300);
	}
}

#endif /* PROGRAM_H */
