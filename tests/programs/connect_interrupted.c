/* SPDX-License-Identifier: BSD-2-Clause */
/* A signal interrupts connect() (EINTR): the connection goes on being made, that is no failure. */
#include "program.h"

static void on_alarm(int signal _unused_)
{
}

int main(void)
{
	struct sigaction action = { .sa_handler = on_alarm };
	int listener = make_listener(0);
	struct sockaddr_in address = loopback(port_of(listener));
	int fd;

	for (int i = 0; i < 4; i++) {
		fd = make_socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);
		if (connect(fd, ADDRESS(address)) && errno != EINPROGRESS)
			die("connect");
	}
	sleep_ms(100);
	check(sigaction(SIGALRM, &action, NULL));
	fd = make_socket(AF_INET, SOCK_STREAM, 0);
	alarm(1);
	if (!connect(fd, ADDRESS(address)) || errno != EINTR)
		die("connect");
	expect_none();
	ready();
	return 0;
}
