/* SPDX-License-Identifier: BSD-2-Clause */
/* A connect over vsock that is shut down while it is under way never ends, and is no use. */
#include "program.h"
#include <linux/vm_sockets.h>

int main(void)
{
	struct sockaddr_vm address = {
		.svm_family = AF_VSOCK,
		.svm_cid = 1, /* VMADDR_CID_LOCAL */
		.svm_port = 4242,
	};
	int fd = socket(AF_VSOCK, SOCK_STREAM | SOCK_NONBLOCK, 0);

	if (fd < 0 && (errno == EAFNOSUPPORT || errno == ENODEV))
		skip("no AF_VSOCK in this kernel");
	check(fd);
	if (!connect(fd, ADDRESS(address)) || errno != EINPROGRESS)
		skip("no AF_VSOCK in this kernel");
	shutdown(fd, SHUT_RDWR); /* or the answer was faster, which is the same in the end */
	expect_leak(fd, "class=connect_failed family=AF_VSOCK connect_tries=1 "
			"destination=vsock:1:4242");
	ready();
	return 0;
}
