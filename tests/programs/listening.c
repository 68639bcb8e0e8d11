/* SPDX-License-Identifier: BSD-2-Clause */
/* Listeners: TCP and unix, after bind(), and TCP auto-bound by listen(). */
#include "program.h"

int main(void)
{
	int automatic = make_socket(AF_INET, SOCK_STREAM, 0);
	int stream = make_socket(AF_UNIX, SOCK_STREAM, 0);
	struct sockaddr_un name;
	socklen_t len = abstract_name(&name, "listening");

	make_listener(8);
	check(listen(automatic, 8));
	check(bind(stream, (struct sockaddr *)&name, len));
	check(listen(stream, 8));
	expect_none();
	ready();
	return 0;
}
