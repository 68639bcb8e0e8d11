/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Leaks one socket on which nothing is tried. Each argument is a further phase of the same site: a
 * number of sockets that are kept after connect() was refused, "closed" for one that is closed
 * then, or "exec", the last one, for one that is kept over an exec.
 */
#include "program.h"

_opaque_ static void try_connect(int fd)
{
	struct sockaddr_in address = loopback(REFUSED_PORT);

	if (!connect(fd, ADDRESS(address)) || errno != ECONNREFUSED)
		die("connect");
}

static void expect_refused(int fd)
{
	expect_leak(fd, "class=connect_failed connect_errno=ECONNREFUSED");
}

/* The one call of make_socket(), always as deep in the stack: one call site. */
_opaque_ static int make_one(bool tries)
{
	int fd = make_socket(AF_INET, SOCK_STREAM, 0);

	if (tries)
		try_connect(fd);
	return fd;
}

static void go_on_elsewhere(int fd)
{
	char number[32];
	char *args[] = { "tried_often", "held", number, NULL };

	snprintf(number, sizeof(number), "%d", fd);
	check(execv("/proc/self/exe", args));
}

static void run_phase(const char *what)
{
	bool closes = !strcmp(what, "closed"), execs = !strcmp(what, "exec");
	int count = closes || execs ? 1 : atoi(what);

	for (int i = 0; i < count; i++) {
		int fd = make_one(true);

		if (closes)
			close(fd);
		else if (execs)
			go_on_elsewhere(fd);
		else
			expect_refused(fd);
	}
	ready();
}

int main(int argc, char **argv)
{
	if (argc > 2 && !strcmp(argv[1], "held")) {
		expect_refused(atoi(argv[2]));
		ready();
		return 0;
	}
	expect_leak(make_one(false), "class=never_used");
	ready();
	for (int i = 1; i < argc; i++)
		run_phase(argv[i]);
	return 0;
}
