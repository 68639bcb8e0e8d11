/* SPDX-License-Identifier: BSD-2-Clause */
/* Stream and seqpacket sockets are bound, and neither connect nor listen; then one listens. */
#include "program.h"

int main(void)
{
	struct sockaddr_in address = loopback(0);
	int tcp = make_socket(AF_INET, SOCK_STREAM, 0);
	int stream = make_socket(AF_UNIX, SOCK_STREAM, 0);
	int seqpacket = make_socket(AF_UNIX, SOCK_SEQPACKET, 0);
	struct sockaddr_un name;
	socklen_t len;

	check(bind(tcp, ADDRESS(address)));
	len = abstract_name(&name, "stream");
	check(bind(stream, (struct sockaddr *)&name, len));
	len = abstract_name(&name, "seqpacket");
	check(bind(seqpacket, (struct sockaddr *)&name, len));
	expect_leak(tcp, "class=bound_only bound=true bind_tries=1 bind_errno=null");
	expect_leak(stream, "class=bound_only bound=true family=AF_UNIX");
	expect_leak(seqpacket, "class=bound_only bound=true socket_type=SOCK_SEQPACKET");
	ready();
	check(listen(tcp, 8));
	expect_resolved(inode_of(tcp), "used");
	expect_leak(stream, "class=bound_only");
	expect_leak(seqpacket, "class=bound_only");
	ready();
	return 0;
}
