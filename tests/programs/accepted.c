/* SPDX-License-Identifier: BSD-2-Clause */
/* Accepted sockets, TCP and unix, and the connected ends, talk a little and are held. */
#include "program.h"

int main(void)
{
	struct sockaddr_un name;
	socklen_t len = abstract_name(&name, "accepted");
	int tcp = make_socket(AF_INET, SOCK_STREAM, 0);
	int stream = make_socket(AF_UNIX, SOCK_STREAM, 0);
	int tcp_listener = make_listener(8);
	int unix_listener = check(socket(AF_UNIX, SOCK_STREAM, 0));

	check(bind(unix_listener, (struct sockaddr *)&name, len));
	check(listen(unix_listener, 8));
	connect_to(tcp, tcp_listener);
	check(connect(stream, (struct sockaddr *)&name, len));
	check(write(check(accept(tcp_listener, NULL, NULL)), "hello", 5));
	check(write(check(accept(unix_listener, NULL, NULL)), "hello", 5));
	expect_none();
	ready();
	return 0;
}
