/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Signals interrupt connect() again and again, and the kernel restarts it each time (SA_RESTART):
 * a connect that goes on. One that comes without SA_RESTART ends it with EINTR, and the socket is
 * kept.
 */
#include "program.h"

static struct sockaddr_un address;
static socklen_t address_len;
static atomic_bool ended;
static int fd;

static void on_signal(int signal _unused_)
{
}

static void handle(int signal, int flags)
{
	struct sigaction action = { .sa_handler = on_signal, .sa_flags = flags };

	check(sigaction(signal, &action, NULL));
}

static void *connect_blocking(void *arg _unused_)
{
	if (!connect(fd, (struct sockaddr *)&address, address_len) || errno != EINTR)
		die("connect");
	ended = true;
	for (;;)
		pause();
}

static void *disturb(void *arg)
{
	pthread_t *thread = arg;

	while (!ended) {
		pthread_kill(*thread, SIGUSR1);
		sleep_ms(20);
	}
	return NULL;
}

int main(void)
{
	int listener = check(socket(AF_UNIX, SOCK_STREAM, 0));
	pthread_t thread, disturber;

	handle(SIGUSR1, SA_RESTART);
	handle(SIGUSR2, 0);
	address_len = abstract_name(&address, "backlog");
	check(bind(listener, (struct sockaddr *)&address, address_len));
	check(listen(listener, 0));
	check(connect(make_socket(AF_UNIX, SOCK_STREAM, 0), (struct sockaddr *)&address,
		      address_len));
	fd = make_socket(AF_UNIX, SOCK_STREAM, 0);
	check(-pthread_create(&thread, NULL, connect_blocking, NULL));
	check(-pthread_create(&disturber, NULL, disturb, &thread));
	expect_none();
	ready();
	while (!ended) {
		pthread_kill(thread, SIGUSR2);
		sleep_ms(20);
	}
	expect_leak(fd, "class=connect_failed connect_tries=1 connect_errno=null");
	ready();
	return 0;
}
