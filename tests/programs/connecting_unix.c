/* SPDX-License-Identifier: BSD-2-Clause */
/* connect() to a unix listener whose backlog is full hangs for longer than the threshold. */
#include "program.h"

static struct sockaddr_un address;
static socklen_t address_len;

static void *connect_blocking(void *arg _unused_)
{
	connect(make_socket(AF_UNIX, SOCK_STREAM, 0), (struct sockaddr *)&address, address_len);
	return NULL;
}

int main(void)
{
	int listener = check(socket(AF_UNIX, SOCK_STREAM, 0));
	pthread_t thread;

	address_len = abstract_name(&address, "backlog");
	check(bind(listener, (struct sockaddr *)&address, address_len));
	check(listen(listener, 0));
	check(connect(make_socket(AF_UNIX, SOCK_STREAM, 0), (struct sockaddr *)&address,
		      address_len));
	check(-pthread_create(&thread, NULL, connect_blocking, NULL));
	expect_none();
	ready();
	return 0;
}
