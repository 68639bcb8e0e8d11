/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * From its second phase on it gets one more descriptor of each kind that an argument names, four
 * times a second, and keeps them; none of them is a leaked socket. If the first argument is
 * "steady" it makes twenty of each at once and no more; if it is "wave", it makes and closes twenty
 * of each again and again.
 */
#include "program.h"

#include <linux/netlink.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/inotify.h>
#include <sys/mman.h>
#include <sys/signalfd.h>
#include <sys/timerfd.h>

#define PACE_MS 250
#define MANY 20

static struct sockaddr_in server;
static int listener;

static void listen_once(void)
{
	socklen_t len = sizeof(server);

	if (listener)
		return;
	server.sin_family = AF_INET;
	server.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	listener = check(socket(AF_INET, SOCK_STREAM, 0));
	check(bind(listener, (struct sockaddr *)&server, sizeof(server)));
	check(listen(listener, 64));
	check(getsockname(listener, (struct sockaddr *)&server, &len));
}

/* A connection to itself; the accepted end, which it does not close. */
_opaque_ static int make_connection(void)
{
	int fd = socket(AF_INET, SOCK_STREAM, 0);

	listen_once();
	check(connect(fd, (struct sockaddr *)&server, sizeof(server)));
	return check(accept(listener, NULL, NULL));
}

/* The peer has closed it. */
static int make_half_closed(void)
{
	return close(make_connection());
}

_opaque_ static int make_netlink(void)
{
	struct sockaddr_nl address = { .nl_family = AF_NETLINK };
	int fd = check(socket(AF_NETLINK, SOCK_RAW, NETLINK_ROUTE));

	return bind(fd, (struct sockaddr *)&address, sizeof(address));
}

static int make_pair(void)
{
	int ends[2];

	return socketpair(AF_UNIX, SOCK_STREAM, 0, ends);
}

static int make_pipe(void)
{
	int ends[2];

	return pipe(ends);
}

static int make_signalfd(void)
{
	sigset_t none;

	sigemptyset(&none);
	return signalfd(-1, &none, 0);
}

static int make_eventfd(void)
{
	return eventfd(0, 0);
}

static int make_epoll(void)
{
	return epoll_create1(0);
}

static int make_timerfd(void)
{
	return timerfd_create(CLOCK_MONOTONIC, 0);
}

static int make_memfd(void)
{
	return memfd_create("climbing", 0);
}

static int make_file(void)
{
	return open("/proc/self/exe", O_RDONLY);
}

static int make_directory(void)
{
	return open("/", O_RDONLY | O_DIRECTORY);
}

static int make_device(void)
{
	return open("/dev/null", O_RDONLY);
}

static const struct maker {
	const char *kind; /* as sockleak calls it */
	int (*make)(void);
} makers[] = {
	{ "tcp_established", make_connection },
	{ "tcp_half_closed", make_half_closed },
	{ "netlink", make_netlink },
	{ "unix", make_pair },
	{ "eventfd", make_eventfd },
	{ "epoll", make_epoll },
	{ "pipe", make_pipe },
	{ "inotify", inotify_init },
	{ "timerfd", make_timerfd },
	{ "signalfd", make_signalfd },
	{ "memfd", make_memfd },
	{ "file", make_file },
	{ "directory", make_directory },
	{ "device", make_device },
};

/* A limit of the host, such as that of inotify, may end it: then there are no more. */
static void make_one_of(const char *kind)
{
	for (size_t i = 0; i < sizeof(makers) / sizeof(makers[0]); i++)
		if (!strcmp(makers[i].kind, kind))
			makers[i].make();
}

static void make_each(char *const *kinds)
{
	for (; *kinds; kinds++)
		make_one_of(*kinds);
}

static void make_many(char *const *kinds)
{
	for (int i = 0; i < MANY; i++)
		make_each(kinds);
}

static void wave(char *const *kinds)
{
	int first = check(dup(STDIN_FILENO));

	for (;;) {
		make_many(kinds);
		sleep_ms(PACE_MS);
		check(syscall(SYS_close_range, first, ~0U, 0));
		sleep_ms(PACE_MS);
	}
}

static void *end_with_stdin(void *arg _unused_)
{
	ready();
	exit(0);
}

int main(int argc, char **argv)
{
	pthread_t thread;

	expect_none();
	ready();
	check(-pthread_create(&thread, NULL, end_with_stdin, NULL));
	if (argc > 2 && !strcmp(argv[1], "wave"))
		wave(argv + 2);
	if (argc > 2 && !strcmp(argv[1], "steady"))
		make_many(argv + 2);
	for (;; sleep_ms(PACE_MS))
		if (argc < 2 || strcmp(argv[1], "steady") != 0)
			make_each(argv + 1);
}
