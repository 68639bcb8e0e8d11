/* SPDX-License-Identifier: BSD-2-Clause */
/* connect() to AF_UNSPEC on a new socket succeeds and connects nothing: still a leak. */
#include "program.h"

int main(void)
{
	struct sockaddr nowhere = { .sa_family = AF_UNSPEC };
	int fd = make_socket(AF_INET, SOCK_STREAM, 0);

	check(connect(fd, &nowhere, sizeof(nowhere)));
	expect_leak(fd, "class=never_used connect_errno=null");
	ready();
	return 0;
}
