/* SPDX-License-Identifier: BSD-2-Clause */
/* An unbound unix datagram socket sends with sendto(), as to syslog; another one is connected. */
#include "program.h"

int main(void)
{
	struct sockaddr_un name;
	socklen_t len = abstract_name(&name, "log");
	int receiver = make_socket(AF_UNIX, SOCK_DGRAM, 0);
	int sender = make_socket(AF_UNIX, SOCK_DGRAM, 0);
	int connected = make_socket(AF_UNIX, SOCK_DGRAM, 0);

	check(bind(receiver, (struct sockaddr *)&name, len));
	check(sendto(sender, "x", 1, 0, (struct sockaddr *)&name, len));
	check(connect(connected, (struct sockaddr *)&name, len));
	expect_none();
	ready();
	return 0;
}
