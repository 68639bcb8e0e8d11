/* SPDX-License-Identifier: BSD-2-Clause */
/* A broker on the loopback: prints its port, then takes what is sent and answers nothing. */
#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <stdio.h>
#include <sys/socket.h>
#include <unistd.h>

enum { CLIENTS = 256 };

static int fail(const char *what)
{
	perror(what);
	return 1;
}

int main(void)
{
	struct sockaddr_in address = { .sin_family = AF_INET };
	socklen_t len = sizeof(address);
	struct pollfd polled[1 + CLIENTS];
	nfds_t count = 1;
	char message[4096];

	address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	polled[0].fd = socket(AF_INET, SOCK_STREAM, 0);
	polled[0].events = POLLIN;
	if (polled[0].fd < 0 || bind(polled[0].fd, (struct sockaddr *)&address, len) ||
	    listen(polled[0].fd, CLIENTS) ||
	    getsockname(polled[0].fd, (struct sockaddr *)&address, &len))
		return fail("broker");
	printf("%d\n", ntohs(address.sin_port));
	fflush(stdout);
	while (poll(polled, count, -1) > 0) {
		for (nfds_t i = count - 1; i > 0; i--) {
			if (!polled[i].revents || read(polled[i].fd, message, sizeof(message)) > 0)
				continue;
			close(polled[i].fd);
			polled[i] = polled[--count];
		}
		if (polled[0].revents && count < 1 + CLIENTS) {
			int client = accept(polled[0].fd, NULL, NULL);

			if (client >= 0)
				polled[count++] = (struct pollfd){ .fd = client, .events = POLLIN };
		}
	}
	return fail("broker");
}
