/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Two processes hold a leaked socket. Then one of them waits in connect() for some time, until a
 * signal interrupts it: meanwhile it is no leak, and then it is one again, with both holders.
 */
#include "program.h"
#include "pass_fd.h"

enum { AT = 77, WAIT_MS = 500 };

static struct sockaddr_un address;
static socklen_t address_len;
static atomic_bool ended;
static int fd;

static void on_signal(int signal _unused_)
{
}

static void *connect_blocking(void *arg _unused_)
{
	if (!connect(fd, (struct sockaddr *)&address, address_len) || errno != EINTR)
		die("connect");
	ended = true;
	return NULL;
}

static void wait_in_connect(void)
{
	pthread_t thread;

	ended = false;
	check(-pthread_create(&thread, NULL, connect_blocking, NULL));
	sleep_ms(WAIT_MS);
	while (!ended) {
		pthread_kill(thread, SIGUSR1);
		sleep_ms(1);
	}
	check(-pthread_join(thread, NULL));
}

static void fill_backlog(void)
{
	int listener = check(socket(AF_UNIX, SOCK_STREAM, 0));

	address_len = abstract_name(&address, "backlog");
	check(bind(listener, (struct sockaddr *)&address, address_len));
	check(listen(listener, 0));
	check(connect(make_socket(AF_UNIX, SOCK_STREAM, 0), (struct sockaddr *)&address,
		      address_len));
}

int main(void)
{
	struct sigaction action = { .sa_handler = on_signal };
	int over;
	pid_t child;

	check(sigaction(SIGUSR1, &action, NULL));
	fill_backlog();
	child = start_holder(&over, AT);
	fd = make_socket(AF_UNIX, SOCK_STREAM, 0);
	hand_over(over, fd);
	expect_leak(fd, "class=never_used held_by=%d+%d", getpid(), child);
	ready();
	wait_in_connect();
	expect_leak(fd, "class=connect_failed connect_tries=1 held_by=%d+%d", getpid(), child);
	expect_resolved(inode_of(fd), "used");
	ready();
	return 0;
}
