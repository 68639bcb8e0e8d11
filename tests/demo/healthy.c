/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The other worker, which does it right, at ten times the rate: makes a socket,
 * connects, talks and closes, 40 times a second. Tells at SIGTERM how often.
 */
#include <arpa/inet.h>
#include <netinet/in.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

static volatile sig_atomic_t stopped;

static void on_term(int signal __attribute__((unused)))
{
	stopped = 1;
}

static int talk(const struct sockaddr_in *broker)
{
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	int err = fd < 0 || connect(fd, (const struct sockaddr *)broker, sizeof(*broker)) ||
		  send(fd, "job done\n", 9, MSG_NOSIGNAL) < 0;

	if (fd >= 0)
		close(fd);
	return err;
}

int main(int argc, char **argv)
{
	struct sockaddr_in broker = {
		.sin_family = AF_INET,
		.sin_port = htons(argc > 1 ? atoi(argv[1]) : 0),
		.sin_addr.s_addr = htonl(INADDR_LOOPBACK),
	};
	unsigned int times = 0;

	signal(SIGTERM, on_term);
	for (; !stopped; times++) {
		if (talk(&broker)) {
			perror("healthy");
			return 1;
		}
		usleep(25 * 1000);
	}
	printf("%u\n", times);
	return 0;
}
