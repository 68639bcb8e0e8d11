/* SPDX-License-Identifier: BSD-2-Clause */
/* A socket is created, connected at once and held. */
#include "program.h"

int main(void)
{
	int listener = make_listener(8);

	connect_to(make_socket(AF_INET, SOCK_STREAM, 0), listener);
	expect_none();
	ready();
	return 0;
}
