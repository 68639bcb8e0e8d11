/* SPDX-License-Identifier: BSD-2-Clause */
/* connect() over vsock to this host itself fails (no listener or no transport); it is kept. */
#include "program.h"
#include <linux/vm_sockets.h>

int main(void)
{
	struct sockaddr_vm address = {
		.svm_family = AF_VSOCK,
		.svm_cid = 1, /* VMADDR_CID_LOCAL */
		.svm_port = 4242,
	};
	int fd = socket(AF_VSOCK, SOCK_STREAM, 0);

	if (fd < 0 && (errno == EAFNOSUPPORT || errno == ENODEV))
		skip("no AF_VSOCK in this kernel");
	check(fd);
	if (!connect(fd, ADDRESS(address)))
		die("connect");
	expect_leak(fd,
		    "class=connect_failed family=AF_VSOCK connect_tries=1 "
		    "destination=vsock:1:4242 connect_errno=%s",
		    strerrorname_np(errno));
	ready();
	return 0;
}
