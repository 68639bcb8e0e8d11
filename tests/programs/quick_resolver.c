/* SPDX-License-Identifier: BSD-2-Clause */
/* As slow_resolver, with a name lookup shorter than the threshold. */
#include "program.h"

int main(void)
{
	int listener = make_listener(8);
	int fd = make_socket(AF_INET, SOCK_STREAM, 0);

	sleep_ms(300);
	connect_to(fd, listener);
	expect_none();
	ready();
	return 0;
}
